import type { Drill, DrillContext } from "./drill.ts";
import { fleetScene, ignoreHealth, lossOf, reportLoss, reportOrders } from "./appServers.ts";
import { names } from "./loadBalancers.ts";
import { PoolWatch } from "./poolWatch.ts";

export interface Fault {
  /** What is done, for the reader. */
  what: string;
  strike(server: string): Promise<void>;
  mend(server: string): Promise<void>;
  /** Whether a journal's last lines may go with it. */
  loses: boolean;
}

const promisedSeconds = 2;

/** Not the canary: the program's gates go through that one. */
const victim = "app-2";

/** @param who as the promise names it */
export function appLossDrill(name: string, who: string, fault: Fault): Drill {
  return {
    name,
    promise: `${who} is out of both pools within ${promisedSeconds} s; no GET fails that was not with it, and no order runs twice, also when it is back`,
    minutes: 0.75,
    suite: "ci",
    where: "cloud",
    app: "visitors",
    sabotage: "the load balancers do not look at its health, and their agents, which would mend that, are stopped",
    async run(context) { await loseAppServer(context, fault); },
  };
}

/** One of the app servers stops answering under the visitors' load, and comes back. */
async function loseAppServer(context: DrillContext, { what, strike, mend, loses }: Fault): Promise<void> {
  const { figure, say, restore, sabotage } = context;
  const { visitors } = await fleetScene(context);
  if (sabotage) await ignoreHealth(context, [victim]);
  const pools = names.map((name) => new PoolWatch(name));
  restore("the watch over the pools", async () => { await Promise.all(pools.map(async (pool) => pool.end())); });
  await Promise.all(pools.map(async (pool) => pool.latest()));

  restore(victim, async () => mend(victim));
  say(`${what} of ${victim}`);
  const struck = visitors.mark();
  await strike(victim);
  const done = visitors.mark();
  const out = await Promise.all(pools.map(async (pool) => pool.when(victim, "out", { since: struck, limitMs: 20_000 })));
  await visitors.answering({ since: struck, limitMs: 30_000 });
  const loss = lossOf(victim, visitors, done);
  for (const [index, pool] of pools.entries()) figure(`out of the pool of ${pool.name} after`, ((out[index] ?? NaN) - loss.from) / 1000, "s", { max: promisedSeconds });

  const mended = visitors.mark();
  await mend(victim);
  const back = await Promise.all(pools.map(async (pool) => pool.when(victim, "in", { since: mended, limitMs: 90_000 })));
  figure("back in both pools after", (Math.max(...back) - mended) / 1000, "s");
  await visitors.flowing();
  figure("worst client gap", visitors.worstGapMs("probe", struck) / 1000, "s", { max: 1 });
  await reportLoss(context, visitors, loss, Math.max(...out));
  await reportOrders(context, visitors, { loses });
}
