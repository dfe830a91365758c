import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Answer } from "../../../agents/lb/attention.ts";
import type { VrrpState } from "../../../agents/lb/decide.ts";
import { runtimeApi, tell } from "../../../agents/lb/haproxy.ts";
import { presencePath } from "../../../agents/lb/peering.ts";
import { presenceOf } from "../../../agents/lb/presence.ts";
import { readCredential, readInstanceId, readLbSettings } from "../../../agents/lb/settings.ts";
import { Notes, readStatus } from "../../../agents/lb/status.ts";
import { parseVrrpState, VrrpWatcher } from "../../../agents/lb/vrrp.ts";
import { watchHealth } from "../../../agents/lb/watchHealth.ts";
import { FakeHaproxy } from "./support/fakeHaproxy.ts";
import { until } from "../support/until.ts";

let folder: string;
const path = (name: string): string => join(folder, name);
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), "quickcart-lb-")); });
afterEach(() => rm(folder, { recursive: true }));

describe("keepalived's state", () => {
  test.each([["MASTER\n", "MASTER"], ["FAULT", "FAULT"], ["", null], ["MAST", null], ["master", null]])("reads %j as %s", (text, state) => {
    expect(parseVrrpState(text)).toBe(state);
  });

  test("is told as soon as it is written, each once, however the file comes", async () => {
    const states: VrrpState[] = [];
    const stop = new AbortController();
    await writeFile(path("vrrp"), "BACKUP\n");
    const watching = new VrrpWatcher(path("vrrp"), (state) => void states.push(state)).watch(stop.signal);
    await until("the first is known", () => states.length === 1);
    await writeFile(path("vrrp.part"), "MASTER\n");
    await rename(path("vrrp.part"), path("vrrp"));
    await until("the second is known", () => states.length === 2);
    await writeFile(path("another"), "x");
    await writeFile(path("vrrp.part"), "MASTER\n");
    await rename(path("vrrp.part"), path("vrrp"));
    await writeFile(path("vrrp.part"), "FAULT\n");
    await rename(path("vrrp.part"), path("vrrp"));
    await until("the last is known", () => states.at(-1) === "FAULT");
    expect(states).toEqual(["BACKUP", "MASTER", "FAULT"]);
    stop.abort();
    await watching;
  });

  test("a folder that is not there is an error, not silence", async () => {
    const watcher = new VrrpWatcher(join(folder, "none", "vrrp"), () => undefined);
    await expect(watcher.watch(new AbortController().signal)).rejects.toThrow("ENOENT");
  });
});

describe("a load balancer's presence", () => {
  let server: Server;
  let port: number;
  let status: number;
  let silent: boolean;
  let paths: string[];

  beforeEach(async () => {
    status = 200;
    silent = false;
    paths = [];
    server = createServer((request, response) => {
      paths.push(request.url ?? "");
      if (!silent) response.writeHead(status).end("Service ready.");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    ({ port } = server.address() as AddressInfo);
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  test.each([[200, "serving"], [503, "leaving"], [404, null], [308, null], [500, null]])("%s means %s", async (code, answer) => {
    status = code;
    let reached = 0;
    expect(await presenceOf("127.0.0.1", port)(() => { reached += 1; })).toBe(answer);
    expect([paths, reached]).toEqual([[presencePath], 1]);
  });

  test("silence is no answer, and neither is a closed port", async () => {
    silent = true;
    let reached = 0;
    const ask = presenceOf("127.0.0.1", port, 50);
    expect([await ask(() => { reached += 1; }), reached]).toEqual([null, 1]);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect([await ask(() => { reached += 1; }), reached]).toEqual([null, 1]);
  });
});

test("keepalived is told of this machine's HAProxy, and again when somebody else wrote another word", async () => {
  let answer: Answer | null = "serving";
  const log: string[] = [];
  const stop = new AbortController();
  const watching = watchHealth({ ask: async () => answer, trackPath: path("haproxy"), log: (line) => void log.push(line) }, stop.signal);
  await until("it is fit", () => log.length === 1);
  answer = "leaving";
  await until("it leaves", () => log.length === 2);
  answer = "serving";
  await until("it is back", () => log.length === 3);
  expect(log).toEqual([
    "fit to serve: HAProxy answers, 3 times in a row",
    "not fit to serve: HAProxy says that this load balancer is about to leave",
    "fit to serve: HAProxy answers, 3 times in a row",
  ]);
  const readsFine = async (): Promise<void> => {
    let weight = "";
    await until("keepalived reads 0", () => {
      void readFile(path("haproxy"), "utf8").then((text) => { weight = text; });
      return weight === "0\n";
    });
  };
  await readsFine();
  await writeFile(path("haproxy"), "-254\n");
  await readsFine();
  stop.abort();
  await watching;
});

describe("HAProxy's runtime API", () => {
  let haproxy: FakeHaproxy;
  beforeEach(async () => {
    haproxy = new FakeHaproxy();
    await haproxy.listen(path("admin.sock"));
  });
  afterEach(() => haproxy.close());

  test("answers, refuses, and is away, each in its own words", async () => {
    const ask = runtimeApi(path("admin.sock"));
    await tell(ask, "set server self/present state maint");
    await expect(tell(ask, "set server app/none state drain")).rejects.toThrow('HAProxy on "set server app/none state drain": No such server.');
    await expect(runtimeApi(path("none.sock"))("show info")).rejects.toMatchObject({ name: "HaproxyAway", message: expect.stringContaining("there is no such socket") });
  });

  test("one that hangs is away, though the kernel takes the connection", async () => {
    haproxy.hung = true;
    await expect(runtimeApi(path("admin.sock"), 50)("show info")).rejects.toMatchObject({ name: "HaproxyAway", message: expect.stringContaining("silent for 50 ms") });
  });

  test("the status says who holds the address, and each server's state", async () => {
    const ask = runtimeApi(path("admin.sock"));
    expect(await readStatus(path("status.json"), ask)).toEqual({ vrrp: null, holder: null, leaving: false, servers: [] });
    await new Notes(path("status.json"), () => undefined).write({ vrrp: "MASTER", holder: "400100003" });
    for (const slot of ["green", "blue"]) {
      await ask(`add server app/app-1:10.10.0.5:${slot} 10.10.0.5:3000 check`);
      await ask(`set server app/app-1:10.10.0.5:${slot} state drain`);
      await ask(`enable health app/app-1:10.10.0.5:${slot}`);
    }
    haproxy.check(() => true);
    await ask("set server app/app-1:10.10.0.5:blue state ready");
    await ask("set server self/present state maint");
    const status = { vrrp: "MASTER", holder: "400100003" };
    expect(await readStatus(path("status.json"), ask)).toEqual({
      ...status, leaving: true, servers: [{ name: "app-1:10.10.0.5:blue", state: "up" }, { name: "app-1:10.10.0.5:green", state: "drain" }],
    });
    await haproxy.close();
    expect(await readStatus(path("status.json"), ask)).toEqual({ ...status, leaving: null, servers: [] });
  });
});

describe("settings", () => {
  const good = { cloud: "digitalocean", floatingAddress: "203.0.113.9", position: 1, appPort: 3000 };

  test("are what cloud-init wrote", async () => {
    await writeFile(path("lb.json"), JSON.stringify(good));
    expect(await readLbSettings(path("lb.json"))).toEqual(good);
  });

  test.each([
    ["{", /lb\.json is not JSON/],
    [JSON.stringify({ ...good, position: 3 }), /lb\.json: [^]*position/],
    [JSON.stringify({ ...good, floatingAddress: "localhost" }), /floatingAddress/],
    [JSON.stringify({ ...good, cloud: "aws" }), /cloud/],
  ])("%s is refused", async (text, message) => {
    await writeFile(path("lb.json"), text);
    await expect(readLbSettings(path("lb.json"))).rejects.toThrow(message);
  });

  test("a credential is the file's text, and an empty one none", async () => {
    await writeFile(path("address-token"), "dop_v1_x\n");
    await writeFile(path("ticket-secret"), "\n");
    const environment = { CREDENTIALS_DIRECTORY: folder };
    expect(await readCredential("address-token", environment)).toBe("dop_v1_x");
    await expect(readCredential("ticket-secret", environment)).rejects.toThrow(/ticket-secret is empty/);
  });

  test("the machine's id is in a unit's environment, or else in the file that units get it from", async () => {
    await writeFile(path("instance.env"), "PRIVATE_ADDRESS=10.10.0.5\nINSTANCE_ID=400100003\n");
    expect(await readInstanceId({ INSTANCE_ID: "7" }, path("instance.env"))).toBe("7");
    expect(await readInstanceId({}, path("instance.env"))).toBe("400100003");
    await expect(readInstanceId({}, path("none"))).rejects.toThrow(/should hold INSTANCE_ID/);
  });
});
