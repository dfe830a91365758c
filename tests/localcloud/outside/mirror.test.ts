import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "../../../localcloud/lifecycle/log.ts";
import { waitUntil } from "../../../localcloud/lifecycle/wait.ts";
import { createFetch, type Fetch } from "../../../localcloud/outside/fetch.ts";
import { createMirror } from "../../../localcloud/outside/mirror.ts";
import { takenMessage } from "../../../localcloud/outside/ports.ts";
import { closeServer, listen } from "../../../localcloud/services/listen.ts";

const cache = mkdtempSync(join(tmpdir(), "qcd-mirror-"));
const deb = "x".repeat(300_000);
const asked: string[] = [];
let upstream: Server;
let mirror: Server;
let url = "";

/** Debian's own mirror is a stranger: nothing of a test may go there. */
const guarded = (fetch: Fetch): Fetch => (method, target, headers) => {
  if (!target.startsWith("http://127.0.0.1:")) return Promise.reject(new Error(`${target} is not for tests`));
  return fetch(method, target, headers);
};

beforeAll(async () => {
  upstream = createServer((request, response) => {
    asked.push(`${request.method ?? ""} ${request.url ?? ""}`);
    if (request.url === "/debian/pool/main/h/hello/hello_1_amd64.deb") return response.end(deb);
    if (request.url === "/debian/dists/trixie/InRelease") {
      if (request.headers["if-modified-since"] !== undefined) return response.writeHead(304).end();
      return response.setHeader("last-modified", "Sat, 01 Nov 2025 00:00:00 GMT").end("release");
    }
    if (request.url === "/debian/moved") return response.writeHead(302, { location: "/debian/dists/trixie/InRelease" }).end();
    return response.writeHead(404).end("no");
  });
  await listen(upstream, "127.0.0.1", 0);
  const base = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  mirror = createMirror({ debian: `${base}/debian`, security: `${base}/debian-security`, proxy: null }, cache, guarded(createFetch(null)), silentLog);
  await listen(mirror, "127.0.0.1", 0);
  url = `http://127.0.0.1:${(mirror.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await closeServer(mirror);
  await closeServer(upstream);
  rmSync(cache, { recursive: true, force: true });
});

test("a package is fetched once and kept whole", async () => {
  const path = "/debian/pool/main/h/hello/hello_1_amd64.deb";
  expect(await (await fetch(url + path)).text()).toBe(deb);
  await waitUntil("it is in the cache", 2_000, () => existsSync(join(cache, path)));
  expect(await (await fetch(url + path)).text()).toBe(deb);
  expect(asked.filter((line) => line.endsWith(path))).toHaveLength(1);
  expect(readdirSync(join(cache, "debian/pool/main/h/hello"))).toEqual(["hello_1_amd64.deb"]);
});

test("what changes is asked for each time, and may be unchanged", async () => {
  const path = "/debian/dists/trixie/InRelease";
  const first = await fetch(url + path);
  expect(await first.text()).toBe("release");
  const again = await fetch(url + path, { headers: { "if-modified-since": first.headers.get("last-modified") ?? "" } });
  expect(again.status).toBe(304);
  expect(await (await fetch(`${url}/debian/moved`)).text()).toBe("release");
});

test.each([
  ["GET", "/etc/passwd", 404],
  ["GET", "/debian/../secret", 404],
  ["GET", "/debian/%2e%2e/secret", 404],
  ["GET", "/debian/pool/.hidden", 404],
  ["GET", "/other/pool/a.deb", 404],
  ["POST", "/debian/dists/trixie/InRelease", 405],
  ["GET", "/debian-security/nothing", 502],
])("%s %s is answered %d", async (method, path, status) => {
  const before = asked.length;
  expect((await fetch(url + path, { method })).status).toBe(status);
  if (status !== 502) expect(asked).toHaveLength(before);
});

test("a taken port is named together with what to do", async () => {
  const { port } = upstream.address() as AddressInfo;
  expect(await takenMessage(port)).toMatch(new RegExp(`port ${port} on 127\\.0\\.0\\.1 is taken by .+; end it or choose another port`));
});
