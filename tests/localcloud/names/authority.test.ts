import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer, type TLSSocket } from "node:tls";
import { type AddressInfo } from "node:net";
import { type KeyPair, openAuthority } from "../../../localcloud/names/authority.ts";

const dir = mkdtempSync(join(tmpdir(), "qcd-names-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Resolves to null when the client is satisfied, else to what it did not like. */
function meet(server: KeyPair, ca: string, name: string): Promise<string | null> {
  const listener = createServer({ cert: server.certificate, key: server.key }, (socket: TLSSocket) => socket.end());
  return new Promise<string | null>((resolve) => {
    listener.on("tlsClientError", () => undefined);
    listener.listen(0, "127.0.0.1", () => {
      const { port } = listener.address() as AddressInfo;
      const socket = connect({ host: "127.0.0.1", port, servername: name, ca }, () => {
        socket.end();
        resolve(null);
      });
      socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    });
  }).finally(() => listener.close());
}

test("clients that trust the authority accept its certificates for their names, and for no others", async () => {
  const authority = await openAuthority(dir);
  const names = ["fra1.digitaloceanspaces.com", "*.fra1.digitaloceanspaces.com"];
  const pair = await authority.issue(names);
  expect(await meet(pair, authority.certificate, "fra1.digitaloceanspaces.com")).toBeNull();
  expect(await meet(pair, authority.certificate, "shop.fra1.digitaloceanspaces.com")).toBeNull();
  expect(await meet(pair, authority.certificate, "api.digitalocean.com")).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
});

test("clients that trust another authority do not", async () => {
  const authority = await openAuthority(dir);
  const other = mkdtempSync(join(tmpdir(), "qcd-names-"));
  try {
    const stranger = await openAuthority(other);
    const pair = await stranger.issue(["api.digitalocean.com"]);
    expect(await meet(pair, authority.certificate, "api.digitalocean.com")).not.toBeNull();
  } finally {
    rmSync(other, { recursive: true, force: true });
  }
});

test("it is made once, and its key is root's alone", async () => {
  const first = await openAuthority(dir);
  const second = await openAuthority(dir);
  expect(second.certificate).toBe(first.certificate);
  expect(await meet(await second.issue(["a.test"]), first.certificate, "a.test")).toBeNull();
  expect(statSync(join(dir, "ca.key")).mode & 0o777).toBe(0o600);
});
