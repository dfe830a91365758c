import { decide, type Situation } from "../../../agents/fence/decide.ts";
import type { View } from "../../../agents/fence/view.ts";

const minute = 60_000;
const now = Date.parse("2026-11-21T02:00:00Z");
const dead = "silent for 3200 ms";

const view: View = {
  revision: "100",
  leader: { name: "db-1", revision: "7" },
  paused: false,
  members: [{ name: "db-1", fit: true, primary: true }, { name: "db-2", fit: true, primary: false }, { name: "db-3", fit: true, primary: false }],
  sync: { leader: "db-1", standbys: ["db-2", "db-3"] },
  fencing: null,
  past: [],
  off: [],
  blind: new Map([["db-1", ["db-2", "db-3"]]]),
};
const base: Situation = { self: "db-2", enabled: true, watched: "db-1", silence: dead, lateMs: 0, view, machineId: "101", now };

const saw = (change: Partial<View>): Partial<Situation> => ({ view: { ...view, ...change } });
const fencedAgo = (machine: string, ms: number) => ({ machine, by: "db-3", at: now - ms });
const unfit = (...names: string[]) => view.members.map((member) => ({ ...member, fit: !names.includes(member.name) }));

test.each<[boolean, string, Partial<Situation>]>([
  [true, `db-1 is ${dead}, db-3 does not see it either`, {}],
  [true, "db-1 is silent for 8000 ms, though it accepts connections, db-3 does not see it either", { silence: "silent for 8000 ms, though it accepts connections" }],
  [true, `db-1 is ${dead}, db-3 and db-4 do not see it either`, saw({ blind: new Map([["db-1", ["db-2", "db-3", "db-4"]]]) })],
  [true, `db-1 is ${dead}, db-3 does not see it either`, { lateMs: 1_000 }],
  [true, `db-1 is ${dead}, db-3 does not see it either`, saw({ sync: null })],
  [true, `db-1 is ${dead}, db-3 does not see it either`, saw({ sync: { leader: "db-3", standbys: [] } })],
  [true, `db-1 is ${dead}, db-3 does not see it either`, saw({ members: unfit("db-1", "db-3") })],
  [true, `db-1 is ${dead}, db-3 does not see it either`, saw({ past: [fencedAgo("db-1", 10 * minute), fencedAgo("db-1", 60 * minute)] })],
  [true, `db-1 is ${dead}, db-3 does not see it either`, saw({ past: [fencedAgo("db-3", minute)] })],

  [false, "fencing is off: this stack has no quickcart:fenceToken", { enabled: false }],
  [false, "Patroni has no leader", { watched: null }],
  [false, "this machine is the leader", { self: "db-1" }],
  [false, "this machine itself stood still for 1001 ms", { lateMs: 1_001 }],
  [false, "db-1 answers", { silence: null }],
  [false, `db-1 is ${dead}, but etcd does not answer with its quorum: this machine may be the one that is cut off`, { view: null }],
  [false, `db-1 is ${dead}, and Patroni has given its leadership up`, saw({ leader: null })],
  [false, `db-1 is ${dead}, and db-3 leads by now`, saw({ leader: { name: "db-3", revision: "9" } })],
  [false, `db-1 is ${dead}, but Patroni is paused`, saw({ paused: true })],
  [false, `db-1 is ${dead}; db-3 is fencing db-1`, saw({ fencing: { by: "db-3", machine: "db-1" } })],
  [false, `db-1 is ${dead}; db-3 is fencing db-2`, saw({ fencing: { by: "db-3", machine: "db-2" } })],
  [false, `db-1 is ${dead}, but nobody else says so`, saw({ blind: new Map() })],
  [false, `db-1 is ${dead}, but nobody else says so`, saw({ blind: new Map([["db-1", ["db-2"]]]) })],
  [false, `db-1 is ${dead}, but nobody else says so`, saw({ blind: new Map([["db-1", ["db-2", "db-1"]]]) })],
  [false, `db-1 is ${dead}, but nobody else says so`, saw({ blind: new Map([["db-3", ["db-1"]]]) })],
  [false, `db-1 is ${dead}, but no replica is fit to take over`, saw({ members: unfit("db-2", "db-3") })],
  [false, `db-1 is ${dead}, but no replica is fit to take over`, saw({ members: unfit("db-2"), sync: { leader: "db-1", standbys: ["db-2"] } })],
  [false, `db-1 is ${dead}, but no replica is fit to take over`, saw({ sync: { leader: "db-1", standbys: [] } })],
  [false, `db-1 is ${dead}, but the topology document does not say what the cloud's API calls it`, { machineId: null }],
  [false, `db-1 is ${dead}, but it was fenced within the last 10 minutes`, saw({ past: [fencedAgo("db-1", 10 * minute - 1)] })],
  [false, `db-1 is ${dead}, but 2 machines were fenced within an hour`, saw({ past: [fencedAgo("db-2", minute), fencedAgo("db-3", 60 * minute - 1)] })],
  [false, `db-1 is ${dead}, but it was fenced within the last 10 minutes`, saw({ past: [fencedAgo("db-1", -minute)] })],
])("fences: %s, because %s", (fence, why, change) => {
  expect(decide({ ...base, ...change })).toEqual({ fence, why });
});
