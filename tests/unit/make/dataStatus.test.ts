import { ownStatus } from "../../../agents/redis/ownStatus.ts";
import { parseClusterNodes } from "../../../agents/redis/clusterNodes.ts";
import { type DatabaseFacts, databaseScript, parseDatabase } from "../../../make/status/askDatabase.ts";
import { assembleDatabase, databaseRemark, renderDatabase } from "../../../make/status/database.ts";
import { assembleRedis, renderRedis } from "../../../make/status/redis.ts";
import { ageWords, sizeWords } from "../../../make/status/words.ts";

const machine = (id: number, name: string) => ({ id, name, status: "active", running: true, public: null, private: `10.10.0.${String(id)}`, memory: 1 });
const now = Date.parse("2026-03-01T12:00:00Z");
const silent = { ok: false, why: "no answer in 3 s" } as const;

const [db1, db2, db3] = [machine(1, "db-1"), machine(2, "db-2"), machine(3, "db-3")] as const;
const nothing: DatabaseFacts = { patroni: null, lags: null, etcd: null, mayFence: true, fence: null, lastBackup: null, lastWal: null };
const fence = { past: [{ machine: "db-3", by: "db-2", at: now - 7_200_000 }, { machine: "db-3", by: "db-1", at: now - 720_000 }], off: [] };
const primary: DatabaseFacts = {
  patroni: { role: "primary", state: "running", timeline: 3, paused: false }, lags: { "db-2": 0, "db-3": 1_300_000 }, etcd: { leads: false, healthy: true },
  mayFence: true, fence, lastBackup: now - 18_000_000, lastWal: now - 34_000,
};
const standby: DatabaseFacts = {
  ...nothing, patroni: { role: "quorum standby", state: "streaming", timeline: 3, paused: false }, lags: { "db-1": 5, "db-3": 99 }, etcd: { leads: true, healthy: true }, fence,
};
const replica: DatabaseFacts = { ...nothing, patroni: { role: "replica", state: "streaming", timeline: 3, paused: false }, etcd: { leads: false, healthy: false } };
const said = (...all: [ReturnType<typeof machine>, DatabaseFacts][]) => all.map(([one, value]) => ({ machine: one, answer: { ok: true, value } as const }));

describe("the database", () => {
  test("is one picture, in which the primary's word of who is behind counts", () => {
    expect(renderDatabase(assembleDatabase(said([db3, replica], [db2, standby], [db1, primary])), now)).toEqual([
      "database  role            state      timeline  lag      etcd                  last fence",
      "db-1      primary         running    3         -        follows               -",
      "db-2      quorum standby  streaming  3         0 B      leads                 -",
      "db-3      replica         streaming  3         1.2 MiB  follows, NOT HEALTHY  12 min ago, by db-1",
      "Newest full backup: 5 h ago; newest archived WAL: 34 s ago",
    ]);
  });

  test.each<[string, Parameters<typeof assembleDatabase>[0], string[]]>([
    ["a machine that is silent", [...said([db1, primary], [db2, standby]), { machine: db3, answer: silent }], ["db-3      ?               ?          ?         1.2 MiB  ?        12 min ago, by db-1"]],
    ["nobody who answers", [{ machine: db1, answer: silent }], ["db-1      ?     ?      ?         ?    ?     ?", "Newest full backup: not known; newest archived WAL: not known"]],
    ["Patroni that was paused", said([db1, { ...primary, patroni: { role: "primary", state: "running", timeline: 3, paused: true } }]), ["Patroni is PAUSED: nobody takes over by itself"]],
    ["no token to fence with", said([db1, { ...primary, mayFence: false }]), ["Fencing is off: no machine has a token of the cloud's API"]],
    ["power that was not given back", said([db1, { ...primary, fence: { past: [], off: [{ machine: "db-1", id: "1", by: "db-2", at: now, wanted: "on", change: null }] } }]), ["db-1      primary  running  3         -    follows  its power is OWED"]],
    ["no database yet", [], []],
  ])("says of %s", (_, all, lines) => {
    const rendered = renderDatabase(assembleDatabase(all), now);
    expect(rendered).toEqual(lines.length === 0 ? [] : expect.arrayContaining(lines));
  });

  test("what a row cannot say is beside the machine", () => {
    const report = assembleDatabase([...said([db1, nothing], [db2, standby]), { machine: db3, answer: silent }]);
    expect([1, 2, 3, 9].map((id) => databaseRemark(report, id))).toEqual(["Patroni does not answer, etcd does not answer", "", "no answer in 3 s", null]);
  });
});

describe("a database machine's words", () => {
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const past = { machine: "db-1", by: "db-2", at: 7 };
  const words = [
    'patroni {"state": "running", "role": "replica", "timeline": 4, "replication_state": "streaming", "quorum_standby": true, "xlog": {}, "patroni": {"version": "4.0.7"}}',
    'cluster {"members": [{"name": "db-1", "role": "leader"}, {"name": "db-2", "lag": 12}, {"name": "db-3", "lag": "unknown"}], "scope": "quickcart"}',
    'health {"health":"true","reason":""}',
    'etcd {"header":{"member_id":"10276657743932975437"},"leader":"10276657743932975437"}',
    `fence ${JSON.stringify({ header: { revision: "9" }, succeeded: true, responses: [{ response_range: { kvs: [{ key: base64("k"), value: base64(JSON.stringify(past)), mod_revision: "3" }] } }, { response_range: {} }] })}`,
    "token",
    "# HELP quickcart_archive_last_segment_timestamp_seconds When.", "# TYPE quickcart_archive_last_segment_timestamp_seconds gauge",
    "quickcart_archive_last_segment_timestamp_seconds 1700000000", "quickcart_backup_last_full_timestamp_seconds 1600000000.5", "",
  ];

  const whole: DatabaseFacts = {
    patroni: { role: "quorum standby", state: "streaming", timeline: 4, paused: false }, lags: { "db-2": 12, "db-3": null }, etcd: { leads: true, healthy: true },
    mayFence: true, fence: { past: [past], off: [] }, lastBackup: 1_600_000_000_500, lastWal: 1_700_000_000_000,
  };
  const without = (name: string, instead?: string): string => words.map((line) => line.startsWith(`${name} `) ? `${name} ${instead ?? ""}` : line).join("\n");

  test.each<[string, string, DatabaseFacts]>([
    ["all of them", words.join("\n"), whole],
    ["etcd without a majority", without("health", '{"health":"false","reason":"RAFT NO LEADER"}'), { ...whole, etcd: { leads: true, healthy: false } }],
    ["etcd that is silent", without("etcd"), { ...whole, etcd: null }],
    ["Patroni that is silent", without("patroni"), { ...whole, patroni: null }],
    ["Patroni without PostgreSQL", without("patroni", '{"state": "stopped", "role": "replica"}'), { ...whole, patroni: { role: "replica", state: "stopped", timeline: null, paused: false } }],
    ["what is not understood", without("fence", "<html>"), { ...whole, fence: null }],
    ["a machine that is still booting", "", { patroni: null, lags: null, etcd: null, mayFence: false, fence: null, lastBackup: null, lastWal: null }],
  ])("%s", (_, text, facts) => {
    expect(parseDatabase(text)).toEqual(facts);
  });

  test("are asked for by a script in which nothing breaks out of its quotes", () => {
    expect(databaseScript).toMatch(/--data '\{"compare":\[\],"success":\[\{"request_range":\{"key":"[A-Za-z0-9+/=]+","range_end":"[A-Za-z0-9+/=]+"\}\},/);
    expect(databaseScript.match(/max-time 2 /g)).toHaveLength(1);
  });
});

describe("Redis", () => {
  const line = (number: number, rest: string): string => `id${String(number)} 10.10.0.${String(number)}:6379@16379,,nodename=redis-${String(number)} ${rest}`;
  const sight = { id: "x", keys: 0, usedMemory: 12_582_912, maxMemory: 751_828_992, inStep: true };
  const of = (lines: string[], more: object = {}) => ownStatus({ ...sight, nodes: parseClusterNodes(lines.join("\n")), ...more });

  test.each([
    ["a master", [line(1, "myself,master - 0 0 1 connected 0-5460"), line(4, "slave id1 0 0 1 connected")], {}, { role: "master", master: null, slots: 5461, link: "up" }],
    ["one whose replica is away", [line(1, "myself,master - 0 0 1 connected 0-5460"), line(4, "slave,fail id1 0 0 1 connected")], {}, { role: "master", master: null, slots: 5461, link: "down" }],
    ["a replica", [line(1, "master - 0 0 1 connected 0-5460"), line(4, "myself,slave id1 0 0 1 connected")], {}, { role: "replica", master: "10.10.0.1", slots: 0, link: "up" }],
    ["one that is fetching", [line(1, "master - 0 0 1 connected 0-5460"), line(4, "myself,slave id1 0 0 1 connected")], { inStep: false }, { role: "replica", master: "10.10.0.1", slots: 0, link: "down" }],
  ])("%s says who it is", (_, lines, more, expected) => {
    expect(of(lines, more)).toEqual({ ...expected, usedMemory: sight.usedMemory, maxMemory: sight.maxMemory });
  });

  const memory = { usedMemory: sight.usedMemory, maxMemory: sight.maxMemory };
  test("is one picture", () => {
    const nodes = assembleRedis([
      { machine: machine(4, "redis-10"), answer: { ok: true, value: { role: "replica", master: "10.10.0.1", slots: 0, link: "down", ...memory } } },
      { machine: machine(1, "redis-1"), answer: { ok: true, value: { role: "master", master: null, slots: 5461, link: "up", ...memory } } },
      { machine: machine(2, "redis-2"), answer: { ok: true, value: { role: "master", master: null, slots: 5461, link: "down", usedMemory: 0, maxMemory: 0 } } },
      { machine: machine(3, "redis-3"), answer: silent },
      { machine: machine(5, "redis-5"), answer: { ok: true, value: { role: "replica", master: null, slots: 0, link: "down", ...memory } } },
    ]);
    expect(renderRedis(nodes)).toEqual([
      "redis     role                slots  link        memory",
      "redis-1   master              5461   up          12 MiB of 717 MiB, 2 %",
      "redis-2   master              5461   NO REPLICA  0 B of 0 B, 0 %",
      "redis-3   ?                   ?      ?           ?",
      "redis-5   replica of nobody   -      DOWN        12 MiB of 717 MiB, 2 %",
      "redis-10  replica of redis-1  -      DOWN        12 MiB of 717 MiB, 2 %",
    ]);
    expect(nodes.find(({ name }) => name === "redis-3")?.unknown).toBe("no answer in 3 s");
    expect(renderRedis([])).toEqual([]);
  });
});

test.each([[0, "0 B"], [1023, "1023 B"], [1024, "1.0 KiB"], [1_300_000, "1.2 MiB"], [751_828_992, "717 MiB"], [2 ** 50, "1024 TiB"]])("%i bytes are %s", (bytes, words) => {
  expect(sizeWords(bytes)).toBe(words);
});

test.each([[-5, "0 s"], [34_400, "34 s"], [119_000, "119 s"], [720_000, "12 min"], [18_000_000, "5 h"], [4 * 86_400_000, "4 days"]])("%i ms are %s", (ms, words) => {
  expect(ageWords(ms)).toBe(words);
});
