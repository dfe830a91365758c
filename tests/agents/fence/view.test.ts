import { fenceKeys, patroniKeys } from "../../../agents/fence/keys.ts";
import { viewOf } from "../../../agents/fence/view.ts";

const entry = (key: string, value: unknown, revision = "5") => ({ key, value: typeof value === "string" ? value : JSON.stringify(value), revision });

/** As Patroni 4.0 writes them. */
const found = [
  [entry(patroniKeys.leader, "db-1", "42")],
  [entry(patroniKeys.config, { ttl: 20, loop_wait: 2, synchronous_mode: "quorum" })],
  [entry(patroniKeys.sync, { leader: "db-1", quorum: 1, sync_standby: "db-2,db-3" })],
  [
    entry(patroniKeys.member("db-1"), { conn_url: "postgres://10.10.0.4:5432/postgres", api_url: "https://10.10.0.4:8008/patroni", state: "running", role: "primary", version: "4.0.7", xlog_location: 83886080, timeline: 1 }),
    entry(patroniKeys.member("db-2"), { state: "running", role: "replica", replication_state: "streaming", tags: { nofailover: true } }),
    entry(patroniKeys.member("db-3"), { state: "stopped", role: "replica" }),
  ],
  [
    entry(fenceKeys.lock, { by: "db-3", machine: "db-1" }),
    entry(fenceKeys.pastOf("db-1", 12), { machine: "db-1", by: "db-3", at: 12 }),
    entry(fenceKeys.offOf("db-1"), { machine: "db-1", id: "101", by: "db-3", at: 12, wanted: "off", change: "77" }),
  ],
  [entry(fenceKeys.blindTo("db-1", "db-2"), ""), entry(fenceKeys.blindTo("db-1", "db-3"), "")],
];

test("what the keys say", () => {
  expect(viewOf({ revision: "50", found })).toEqual({
    revision: "50",
    leader: { name: "db-1", revision: "42" },
    paused: false,
    members: [{ name: "db-1", fit: true, primary: true }, { name: "db-2", fit: false, primary: false }, { name: "db-3", fit: false, primary: false }],
    sync: { leader: "db-1", standbys: ["db-2", "db-3"] },
    fencing: { by: "db-3", machine: "db-1" },
    past: [{ machine: "db-1", by: "db-3", at: 12 }],
    off: [{ machine: "db-1", id: "101", by: "db-3", at: 12, wanted: "off", change: "77" }],
    blind: new Map([["db-1", ["db-2", "db-3"]]]),
  });
});

test("a cluster that has nothing yet", () => {
  expect(viewOf({ revision: "1", found: [[], [], [], [], [], []] })).toEqual({
    revision: "1", leader: null, paused: false, members: [], sync: null, fencing: null, past: [], off: [], blind: new Map(),
  });
});

test.each([
  [{ pause: true }, { paused: true }],
  [{ pause: false }, { paused: false }],
])("config %j", (config, expected) => {
  expect(viewOf({ revision: "1", found: [[], [entry(patroniKeys.config, config)]] })).toMatchObject(expected);
});

test.each([
  [{ leader: null, sync_standby: null }, null],
  [{ leader: "db-1", sync_standby: "" }, { leader: "db-1", standbys: [] }],
  [{}, null],
])("sync %j", (sync, expected) => {
  expect(viewOf({ revision: "1", found: [[], [], [entry(patroniKeys.sync, sync)]] })).toMatchObject({ sync: expected });
});

test("a key that is none of theirs is named", () => {
  expect(() => viewOf({ revision: "1", found: [[], [entry(patroniKeys.config, "{")]] })).toThrow(`etcd's ${patroniKeys.config} is not what`);
});
