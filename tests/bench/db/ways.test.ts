import { compare } from "../../../bench/db/ways.ts";
import type { Turn } from "../../../bench/db/pgbench.ts";

const turns = (...tps: number[]): Turn[] => tps.map((one) => ({ tps: one }));
const full: Turn = { refused: "too many clients" };

test.each([
  ["enough of what goes straight", { script: "own", clients: 64 }, { straight: turns(1000, 1000, 500), through: turns(700, 800, 350) }, { straight: 1000, through: 700, ratio: { median: 0.7 }, holds: true }],
  ["too little", { script: "own", clients: 64 }, { straight: turns(1000, 1000), through: turns(650, 700) }, { holds: false }],
  ["a query may cost more", { script: "select", clients: 64 }, { straight: turns(10_000), through: turns(4_600) }, { holds: true }],
  ["with many clients it must be more", { script: "select", clients: 1_000 }, { straight: turns(10_000), through: turns(10_000) }, { holds: false }],
  ["which it is when the primary refuses them", { script: "select", clients: 1_000 }, { straight: [full, full], through: turns(4_000, 5_000) }, { straight: 0, ratio: null, holds: true, refused: { straight: "too many clients" } }],
  ["nothing is when the way through refuses one turn", { script: "own", clients: 64 }, { straight: turns(1_000, 1_000), through: [...turns(900), full] }, { through: 0, holds: false, refused: { through: "too many clients" } }],
] as const)("%s", (_, load, seen, expected) => {
  expect(compare(load, { straight: [...seen.straight], through: [...seen.through] })).toMatchObject(expected);
});
