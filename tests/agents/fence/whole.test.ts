import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { Etcd } from "../../../agents/etcd/client.ts";
import { Guard } from "../../../agents/fence/guard.ts";
import { fenceKeys, patroniKeys } from "../../../agents/fence/keys.ts";
import { digitalOceanPower } from "../../../agents/fence/power/digitalocean.ts";
import type { Power } from "../../../agents/fence/power/power.ts";
import type { Probe } from "../../../agents/fence/probe.ts";
import { freePort } from "../../../components/artifacts/freePort.ts";
import { waitFor } from "../../../make/wait.ts";
import { aDroplet, type Client, startApi } from "../../localcloud/api/support.ts";
import { describeOnDebian, startOnDebian } from "../../templates/support/debian.ts";

/** Two fences with the machines' etcd between them, and the cloud's API with its scopes and its one action at a time. */
describeOnDebian("a primary that is gone", () => {
  const names = ["db-1", "db-2", "db-3"];
  let server: ChildProcess;
  let client: Client;
  const etcds: Etcd[] = [];
  const powers: Power[] = [];
  let stop: AbortController;
  let running: Promise<void>[];
  let said: string[];

  beforeAll(async () => {
    const [port, peer] = [await freePort(), await freePort()];
    const url = `http://127.0.0.1:${port}`;
    server = startOnDebian(`etcd --data-dir /run/etcd --log-level error --initial-cluster default=http://127.0.0.1:${peer} \
      --listen-client-urls ${url} --advertise-client-urls ${url} --listen-peer-urls http://127.0.0.1:${peer} --initial-advertise-peer-urls http://127.0.0.1:${peer}`);
    for (let one = 0; one < 3; one += 1) etcds.push(new Etcd({ endpoints: [url], timeoutMs: 10_000 }));
    client = await startApi({ settings: { actionSeconds: 1 } });
    await waitFor(async () => await etcds[0]?.transact([], []), { what: "etcd to answer", limitMs: 60_000, everyMs: 200 });
  }, 90_000);
  afterAll(async () => {
    for (const etcd of etcds) etcd.close();
    for (const power of powers) power.close();
    await client.close();
    server.kill("SIGKILL");
    await once(server, "close");
  });
  afterEach(async () => {
    stop.abort();
    await Promise.all(running);
  });

  test("is off before its leader key is, by one action, and gets its power back once another leads", async () => {
    stop = new AbortController();
    running = [];
    said = [];
    let alive = true;
    const [own, ...others] = etcds;
    if (own === undefined) throw new Error("there is no etcd");
    const ids = new Map<string, string>();
    for (const name of names) ids.set(name, String(await aDroplet(client, { name })));
    await own.transact([], [
      { kind: "put", key: patroniKeys.leader, value: "db-1" },
      ...names.map((name) => ({ kind: "put" as const, key: patroniKeys.member(name), value: JSON.stringify({ state: "running" }) })),
    ]);
    const probesOf = (address: string): Probe[] => [() => alive || address !== "db-1" ? Promise.resolve(true) : new Promise(() => undefined)];
    for (const [index, etcd] of others.entries()) {
      const self = names[index + 1] ?? "";
      const power = digitalOceanPower({ token: await client.api.createToken(self, ["droplet:read", "droplet:update"]), origin: client.url, timeoutMs: 10_000 });
      powers.push(power);
      const machines = new Map(names.map((name) => [name, { address: name, id: ids.get(name) ?? null }]));
      const guard = new Guard({
        self, store: etcd, power, machines: () => machines, probesOf, shun: { begin: async () => undefined, end: async () => undefined }, onView: () => undefined, log: (line) => said.push(`${self}: ${line}`),
        intervals: { probeMs: 10, lookMs: 50 },
      });
      running.push(guard.run(stop.signal));
    }
    const found = async (prefix: string): Promise<string[]> => (await own.transact([], [{ kind: "list", prefix }])).found.flat().map(({ key }) => key);
    const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
      await waitFor(async () => {
        // The cloud's clock: its actions take their time by it.
        client.clock.advance(100);
        return await holds() ? true : undefined;
      }, { what: `${what}; said: ${said.join(" | ")}`, limitMs: 60_000, everyMs: 20 });
    };
    const powered = (): string[] => client.datacenter.asked.filter((line) => line.startsWith("power"));

    await until("both know the leader", async () => await Promise.resolve(said.filter((line) => line.includes("Patroni's leader is db-1")).length === 2));
    alive = false;
    await until("its leader key is released", async () => {
      const gone = (await found(patroniKeys.leader)).length === 0;
      if (!gone) return false;
      expect(powered()).toEqual([`power ${ids.get("db-1") ?? ""} off`]);
      return true;
    });
    expect(await found(patroniKeys.members)).toEqual([patroniKeys.member("db-2"), patroniKeys.member("db-3")]);
    await own.transact([], [
      { kind: "put", key: patroniKeys.leader, value: "db-2" },
      { kind: "put", key: patroniKeys.member("db-2"), value: JSON.stringify({ state: "running", role: "primary" }) },
    ]);
    alive = true;
    await until("it has its power back", async () => (await found(fenceKeys.off)).length === 0);
    expect(powered()).toEqual([`power ${ids.get("db-1") ?? ""} off`, `power ${ids.get("db-1") ?? ""} on`]);
    expect((await found(fenceKeys.past))).toHaveLength(1);
  }, 150_000);
});
