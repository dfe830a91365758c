import { parseAppServer } from "../../../make/status/ask.ts";
import { assemble, type Facts, render } from "../../../make/status/report.ts";

const [old, wanted] = ["a".repeat(64), "b".repeat(64)];

const machine = (id: number, name: string, running = true): Facts["cloud"]["machines"][number] =>
  ({ id, name, status: "active", running, public: name.startsWith("lb") ? `198.18.1.${id}` : null, private: `10.10.0.${id}`, memory: 1 });

const [app10, app2, lb2, lb1] = [machine(4, "app-10"), machine(3, "app-2"), machine(2, "lb-2"), machine(1, "lb-1")] as const;

const facts: Facts = {
  cloud: {
    ready: true, stage: "ready", pid: 1, startedAt: "", machines: [app10, app2, lb2, lb1],
    faults: { api: [], storage: "none" }, actionSeconds: 0.3, image: "baked",
    published: [{ port: 8443, to: "198.19.0.1:443" }, { port: 9090, to: "198.18.0.20:80" }], credentials: "", ca: "",
  },
  floatingAddress: "198.19.0.1",
  holder: { ok: true, value: "lb-2" },
  releases: { ok: true, value: { base: { version: 1, app: wanted }, canary: { version: 1, machine: "app-2", app: old } } },
  loadBalancers: [
    { machine: lb2, answer: { ok: true, value: { vrrp: "MASTER", leaving: false, servers: [{ name: "app-2:10.10.0.3:blue", state: "up" }, { name: "app-10:10.10.0.4:green", state: "down" }, { name: "app-2:10.10.0.3:green", state: "down" }] } } },
    { machine: lb1, answer: { ok: true, value: { vrrp: "BACKUP", leaving: true, servers: [{ name: "app-2:10.10.0.3:blue", state: "up" }] } } },
  ],
  appServers: [
    { machine: app10, answer: { ok: true, value: { slots: [{ slot: "blue", bundle: null, active: "inactive" }, { slot: "green", bundle: old, active: "active" }], failed: [wanted] } } },
    { machine: app2, answer: { ok: true, value: { slots: [{ slot: "blue", bundle: old, active: "active" }, { slot: "green", bundle: null, active: "inactive" }], failed: [] } } },
  ],
  databases: [], redis: [], now: 0,
};

test("everything well is one picture: who holds, who serves what, how load balancers see it", () => {
  expect(render(assemble(facts))).toEqual([
    "Site               https://localhost:8443/",
    "Floating address   198.19.0.1, held by lb-2",
    "Wanted release     bbbbbbbb; canary aaaaaaaa on app-2",
    "",
    "machine  power  API says  public      private    what it says",
    "app-2    on     active    -           10.10.0.3",
    "app-10   on     active    -           10.10.0.4",
    "lb-1     on     active    198.18.1.1  10.10.0.1  VRRP BACKUP, leaving",
    "lb-2     on     active    198.18.1.2  10.10.0.2  VRRP MASTER, holds the address",
    "",
    "app server  slot   version                unit             lb-1  lb-2",
    "app-2       blue   aaaaaaaa               active           up    up",
    "app-2       green  -                      inactive         ?     -",
    "app-10      blue   -                      inactive         ?     ?",
    "app-10      green  aaaaaaaa (not wanted)  active           ?     down",
    "app-10             bbbbbbbb FAILED        see its journal",
  ]);
});

test("a canary wants its own bundle, all others the base's", () => {
  const { appServers } = assemble(facts);
  expect(appServers.map(({ name, slots }) => [name, ...slots.map(({ wanted: is }) => is)])).toEqual([["app-2", true, null], ["app-10", null, false]]);
});

test("while a machine is replaced there are two of its name, and each is shown with what is its own", () => {
  const newer = { ...app2, id: 9, private: "10.10.0.9" };
  const report = assemble({
    ...facts, cloud: { ...facts.cloud, machines: [...facts.cloud.machines, newer] },
    appServers: [{ machine: newer, answer: { ok: false, why: "still booting" } }, ...facts.appServers],
  });
  expect(report.appServers.map(({ id, unknown, slots: [blue] }) => [id, unknown, blue?.health])).toEqual([
    [3, null, { "lb-2": "up", "lb-1": "up" }], [9, "still booting", {}], [4, null, {}],
  ]);
  expect(render(report).filter((line) => /^app-2 .*still booting$/.test(line))).toHaveLength(1);
});

const silent = { ok: false, why: "no answer in 3 s" } as const;

test("what does not answer is said where it belongs, and the rest is there all the same", () => {
  const report = assemble({
    ...facts,
    cloud: { ...facts.cloud, machines: facts.cloud.machines.map((one) => ({ ...one, running: one.name !== "lb-2" })), faults: { api: [{ kind: "hang" }], storage: "refused" } },
    holder: { ok: false, why: "the API: no answer in 3 s" }, releases: { ok: false, why: "the object storage: connection refused" },
    loadBalancers: facts.loadBalancers.map((said) => (said.machine === lb2 ? { machine: lb2, answer: { ok: false, why: "no power" } } : said)),
    appServers: facts.appServers.map((said) => (said.machine === app2 ? { machine: app2, answer: silent } : said)),
  });
  expect(report.floatingAddress).toEqual({ address: "198.19.0.1", holder: null, unknown: "the API: no answer in 3 s" });
  expect(report.loadBalancers.map(({ name, vrrp, holds, unknown }) => [name, vrrp, holds, unknown])).toEqual([["lb-1", "BACKUP", null, null], ["lb-2", null, null, "no power"]]);
  expect(report.appServers[0]?.slots.map(({ bundle, wanted: is, active, health }) => [bundle, is, active, health])).toEqual([
    [null, null, "unknown", { "lb-1": "up" }], [null, null, "unknown", {}],
  ]);
  expect(report.appServers[1]?.slots.map(({ wanted: is }) => is)).toEqual([null, null]);
  const lines = render(report).join("\n");
  for (const part of [
"not known: the API: no answer in 3 s", "not known: the object storage: connection refused", /lb-2 +OFF .* no power/,
    /app-2 +on .* no answer in 3 s/, 'Broken on purpose: the API: {"kind":"hang"}', "Broken on purpose: the object storage: refused",
  ]) expect(lines).toMatch(part);
});

test.each([
  ["both slots in use", `blue ${old} active\ngreen ${wanted} activating\n`, [["blue", old, "active"], ["green", wanted, "activating"]], []],
  ["a free one, and one that failed", `blue ${old} active\ngreen - inactive\n${wanted}\n`, [["blue", old, "active"], ["green", null, "inactive"]], [wanted]],
  ["a machine that is still booting", "", [], []],
])("an app server's words: %s", (_, text, slots, failed) => {
  expect(parseAppServer(text)).toEqual({ slots: slots.map(([slot, bundle, active]) => ({ slot, bundle, active })), failed });
});
