import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { Etcd } from "../../../agents/etcd/client.ts";
import type { Store } from "../../../agents/etcd/store.ts";
import { freePort } from "../../../components/artifacts/freePort.ts";
import { waitFor } from "../../../make/wait.ts";
import { describeOnDebian, startOnDebian } from "../../templates/support/debian.ts";
import { MemoryStore } from "../fence/support/memoryStore.ts";

/** The etcd that machines have, and the one in memory that the fence's tests use: the same is promised of both. */
function promises(made: () => Store): void {
  const put = (key: string, value: string, lease?: string) => ({ kind: "put", key, value, ...lease === undefined ? {} : { lease } }) as const;
  const valuesOf = async (key: string): Promise<string[]> => (await made().transact([], [{ kind: "get", key }])).found.flat().map(({ value }) => value);

  test("what is put is found, by its key and by the beginning of it", async () => {
    const { done, found } = await made().transact([], [
      put("/found/a", "one"), put("/found/b", "zwei €"), put("/founder", ""),
      { kind: "get", key: "/found/a" }, { kind: "list", prefix: "/found/" }, { kind: "get", key: "/found" }, { kind: "list", prefix: "/none/" },
    ]);
    expect(done).toBe(true);
    expect(found.map((entries) => entries.map(({ key, value }) => `${key}=${value}`))).toEqual([
      [], [], [], ["/found/a=one"], ["/found/a=one", "/found/b=zwei €"], [], [],
    ]);
  });

  test("nothing is done unless all conditions hold", async () => {
    await made().transact([], [put("/absent", "1")]);
    const absent = { kind: "absent", key: "/absent" } as const;
    const other = { kind: "absent", key: "/absent-too" } as const;
    expect((await made().transact([other, absent], [put("/absent-too", "1")])).done).toBe(false);
    expect(await valuesOf("/absent-too")).toEqual([]);
    expect((await made().transact([other], [put("/absent-too", "1"), { kind: "remove", key: "/absent" }])).done).toBe(true);
    expect(await valuesOf("/absent")).toEqual([]);
  });

  test("a key is unchanged until it is written again, also with the same value, or removed", async () => {
    const revision = async (): Promise<string> => (await made().transact([], [{ kind: "get", key: "/unchanged" }])).found.flat()[0]?.revision ?? "0";
    const holds = async (since: string): Promise<boolean> => (await made().transact([{ kind: "unchanged", key: "/unchanged", revision: since }], [])).done;
    await made().transact([], [put("/unchanged", "1")]);
    const first = await revision();
    await made().transact([], [put("/another", "1")]);
    expect(await holds(first)).toBe(true);
    await made().transact([], [put("/unchanged", "1")]);
    expect([await holds(first), await holds(await revision())]).toEqual([false, true]);
    await made().transact([], [{ kind: "remove", key: "/unchanged" }]);
    expect(await holds(first)).toBe(false);
  });

  test("keys are quiet until one of them is written", async () => {
    const { revision } = await made().transact([], [put("/quiet/a", "1"), put("/loud", "1")]);
    const holds = async (prefix: string): Promise<boolean> => (await made().transact([{ kind: "quiet", prefix, revision }], [])).done;
    await made().transact([], [put("/loud", "2"), { kind: "remove", key: "/quiet/a" }]);
    expect([await holds("/quiet/"), await holds("/never/"), await holds("/loud")]).toEqual([true, true, false]);
    await made().transact([], [put("/quiet/b", "1")]);
    expect(await holds("/quiet/")).toBe(false);
  });

  test("with its lease goes what was put with it", async () => {
    const lease = await made().grant(60);
    await made().transact([], [put("/leased", "1", lease), put("/owned", "1")]);
    expect(await made().keepAlive(lease)).toBe(true);
    await made().revoke(lease);
    expect([await valuesOf("/leased"), await valuesOf("/owned"), await made().keepAlive(lease)]).toEqual([[], ["1"], false]);
  });
}

describe("etcd in memory", () => {
  const store = new MemoryStore();
  promises(() => store);
});

describeOnDebian("the machines' etcd", () => {
  let server: ChildProcess;
  let etcd: Etcd;

  beforeAll(async () => {
    const [client, peer] = [await freePort(), await freePort()];
    const url = `http://127.0.0.1:${client}`;
    server = startOnDebian(`etcd --data-dir /run/etcd --log-level error --initial-cluster default=http://127.0.0.1:${peer} \
      --listen-client-urls ${url} --advertise-client-urls ${url} --listen-peer-urls http://127.0.0.1:${peer} --initial-advertise-peer-urls http://127.0.0.1:${peer}`);
    // Nobody listens at the first one: the other one is asked.
    etcd = new Etcd({ endpoints: [`http://127.0.0.1:${await freePort()}`, url], timeoutMs: 5_000 });
    await waitFor(async () => await etcd.transact([], []), { what: "etcd to answer", limitMs: 30_000, everyMs: 200 });
  }, 60_000);
  afterAll(async () => {
    etcd.close();
    server.kill("SIGKILL");
    await once(server, "close");
  });

  promises(() => etcd);

  test("who is in the cluster", async () => {
    expect(await etcd.members()).toEqual([{ id: expect.stringMatching(/^\d+$/), name: "default", urls: [expect.stringContaining("http://127.0.0.1:")], votes: true }]);
  });

  test("what it refuses is told in its own words", async () => {
    await expect(etcd.revoke("4711")).rejects.toMatchObject({ name: "ApiError", message: expect.stringMatching(/lease\/revoke: \d+ .*requested lease not found/) });
  });
});
