import { truncateSync } from "node:fs";
import { join } from "node:path";
import { run, tail } from "../../make/run.ts";
import { runTarget, step, UserError } from "../../make/steps.ts";
import { writeResult } from "../result.ts";
import { busyShare } from "./busy.ts";
import { measuredSchema, type Order } from "./client.ts";
import { on, removeCloud } from "./machine.ts";
import { compare, type Comparison, comparisonTable, type Cost, costs, costTable, type Samples } from "./report.ts";
import { type Running, startAll } from "./start.ts";

/** What a load balancer's features cost: see `measures` in ../list.ts. */

const sabotaged = process.argv.includes("--sabotage");

interface Plan {
  what: string;
  load: Order["load"];
  bytes: number;
  /** What is asked by turns. */
  of: "whole" | "single";
}

const kB = 1024;
const plans: Plan[] = [
  { what: "requests, HTTP/1.1, 1 kB", load: "h1", bytes: kB, of: "whole" },
  { what: "requests, HTTP/1.1, 30 kB", load: "h1", bytes: 30 * kB, of: "whole" },
  { what: "requests, HTTP/2, 1 kB", load: "h2", bytes: kB, of: "whole" },
  { what: "requests, HTTP/2, 30 kB", load: "h2", bytes: 30 * kB, of: "whole" },
  { what: "new TLS connections, full handshake", load: "new", bytes: kB, of: "whole" },
  { what: "new TLS connections, resumed", load: "resumed", bytes: kB, of: "whole" },
  { what: "a request, HTTP/2, 1 kB", load: "h2", bytes: kB, of: "single" },
];
/** Many short turns rather than few long ones: what else the host does then falls upon all alike. A handshake takes a browser longer than the server. */
const pace = {
  requests: { visitors: 64, turnMs: 50, warmUpRounds: 4, rounds: 30 },
  handshakes: { visitors: 16, turnMs: 80, warmUpRounds: 2, rounds: 20 },
  features: { visitors: 64, turnMs: 30, warmUpRounds: 10, rounds: 60 },
};

const paceOf = ({ load, of }: Plan): keyof typeof pace => of === "single" ? "features" : load === "new" || load === "resumed" ? "handshakes" : "requests";

async function measure(plan: Plan, running: Running): Promise<Samples> {
  const { load, bytes } = plan;
  const targets = running[plan.of];
  const order: Order = { ...pace[paceOf(plan)], load, bytes, hostName: running.hostName, ca: running.certificate, targets: targets.map(({ port, pids }) => ({ port, pids })) };
  const { code, output } = await run(
    "nsenter", [`--net=/proc/${running.leader}/ns/net`, process.execPath, join(import.meta.dirname, "client.ts")],
    { limitMs: 120_000, input: JSON.stringify(order) },
  );
  if (code !== 0) throw new UserError(`the client ended with exit code ${code}:\n${tail(output, 5)}`);
  // A file that grows for minutes would be a load of its own.
  if (running.log !== null) truncateSync(running.log);
  const measured = measuredSchema.parse(JSON.parse(output));
  const samples: Samples = {};
  for (const [index, { name }] of targets.entries()) (samples[name] ??= []).push(...measured[index] ?? []);
  return samples;
}

await runTarget(async () => {
  await step("remove what an earlier bench left", removeCloud);
  try {
    const running = await step("start a machine with every variant of the load balancer", async () => await startAll("c-2", sabotaged));
    // Nothing of ours is busy yet.
    const othersPercent = Math.round(100 * await busyShare(2_000));
    process.stdout.write(`    the host's other work takes ${othersPercent} % of its processors\n`);
    const comparisons: Comparison[] = [];
    const single: { what: string; costs: Cost[] }[] = [];
    for (const plan of plans.filter(({ of }) => !sabotaged || of === "whole")) {
      const samples = await step(`measure ${plan.what}`, async () => await measure(plan, running));
      if (plan.of === "whole") comparisons.push(compare(plan.what, samples));
      else single.push({ what: plan.what, costs: costs(samples, Object.keys(running.features)) });
    }
    const version = (await on(["haproxy", "-v"])).split("\n")[0] ?? "";
    process.stdout.write(["", ...comparisonTable(comparisons), "", ...single.flatMap((one) => [...costTable(one.what, one.costs), ""]), ""].join("\n"));
    if (!sabotaged) writeResult("lb", { haproxy: version, othersPercent, comparisons, features: single, lines: running.features });
    if (comparisons.some(({ holds }) => !holds)) throw new UserError([
      "the load balancer serves less than it should for its CPU; the features' costs say where it goes",
      ...othersPercent > 30 ? [`the host was ${othersPercent} % busy with other work, which costs ours more than bare: measure again when it is quiet`] : [],
    ].join("\n"));
  } finally {
    await step("remove the machine", removeCloud);
  }
});
