import { argumentsOf, turnOf } from "../../../bench/db/pgbench.ts";

const whole = `pgbench (17.12 (Debian 17.12-0+deb13u1))
transaction type: <builtin: select only>
scaling factor: 100
query mode: extended
number of clients: 64
number of transactions actually processed: 81234
number of failed transactions: 0 (0.000%)
latency average = 7.876 ms
initial connection time = 312.101 ms
tps = 8123.456789 (without initial connection time)
`;
const full = `pgbench (17.12 (Debian 17.12-0+deb13u1))
pgbench: error: connection to server at "10.10.0.7", port 5432 failed: FATAL:  sorry, too many clients already
pgbench: error: could not create connection for client 61
`;

test.each([
  ["one that went well", { code: 0, output: whole }, { tps: 8123.456789 }],
  ["one that was refused", { code: 1, output: full }, { refused: 'error: connection to server at "10.10.0.7", port 5432 failed: FATAL:  sorry, too many clients already' }],
  ["one in which a client gave up", { code: 2, output: `pgbench: error: client 3 aborted in command 4\n${whole}` }, { refused: "error: client 3 aborted in command 4" }],
  ["one that says nothing of itself", { code: 0, output: "bye\n" }, { refused: "bye" }],
])("%s", (_, finished, turn) => {
  expect(turnOf(finished)).toEqual(turn);
});

test("loads in pgbench's words", () => {
  expect(argumentsOf({ script: "own", clients: 64 }, { seconds: 10, reconnect: false })).toEqual(["--no-vacuum", "--protocol=extended", "--builtin=tpcb-like", "--client=64", "--jobs=2", "--time=10"]);
  expect(argumentsOf({ script: "select", clients: 1000 }, { seconds: 3, reconnect: true })).toContain("--connect");
});
