import { join } from "node:path";

export interface Bench {
  name: string;
  measures: string;
  /** How long it takes at most. */
  minutes: number;
  /** A program of its own, with this in its environment. */
  program: string;
  env: Record<string, string>;
  /** What SABOTAGE=1 makes worse; the bench must then fail. Empty where nothing has to hold. */
  sabotage: string;
}

export const benches: Bench[] = [
  {
    name: "lb", minutes: 4, program: join(import.meta.dirname, "lb/main.ts"),
    // A cloud of its own: it neither needs nor disturbs the stack.
    env: { QUICKCART_LOCAL: "bench" },
    measures: "what a load balancer's features cost: requests and new TLS connections for each second of HAProxy's CPU",
    sabotage: "each request is hashed sixty times",
  },
  {
    name: "redis", minutes: 4, program: join(import.meta.dirname, "redis/main.ts"), env: {},
    measures: "what append-only file and replica cost: commands for each second of a master's CPU, beside a lone redis-server that writes nothing down",
    sabotage: "eight onlookers are shown every command",
  },
  {
    name: "db-failover", minutes: 40, program: join(import.meta.dirname, "db/failover.ts"), env: {},
    measures: "how long nobody can write when the primary loses power: with Patroni's own settings, with ours, and with a fence besides (on the running local stack)",
    sabotage: "the fences are stopped there, too",
  },
  {
    name: "db-path", minutes: 30, program: join(import.meta.dirname, "db/path.ts"), env: {},
    measures: "transactions a second through HAProxy and PgBouncer, beside straight to the primary: pgbench's own script and -S, 64 and 1,000 clients (on the running local stack)",
    sabotage: "the way through is taken by a new connection for each transaction",
  },
  {
    name: "fresh", minutes: 15, program: join(import.meta.dirname, "fresh.ts"), env: {},
    measures: "a newcomer's first `make up` in a clone with empty caches (ends the running local stack)",
    sabotage: "",
  },
];
