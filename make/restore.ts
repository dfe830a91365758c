/** `make restore STACK=... TO=...`: the database as it was at a moment, on the machines that there are. */
import { parseArgs } from "node:util";
import { z } from "zod";
import { releaseLock, takeLock } from "./lock.ts";
import { Reach } from "./restore/reach.ts";
import { parseTarget } from "./restore/target.ts";
import { tail, watch } from "./run.ts";
import { readStackConfig } from "./settings.ts";
import { runTarget, step, UserError } from "./steps.ts";

const minute = 60_000;
/** A restore takes as long as the database is large. */
const restoreLimitMs = 6 * 60 * minute;

const say = (line: string): void => { if (/\S/.test(line)) process.stdout.write(`    ${line}\n`); };
const judgementSchema = z.object({ refused: z.string().nullable(), from: z.string().nullable(), until: z.string().nullable() });

async function onMachine(reach: Reach, machine: string, words: string, limitMs = 5 * minute): Promise<string> {
  const { code, output } = await reach.run(machine, `/usr/local/sbin/quickcart-restore ${words}`, { limitMs });
  if (code !== 0) throw new UserError(`${words.split(" ")[0]} failed on ${machine} (exit code ${code}):\n${tail(output)}`);
  return output;
}

async function restore(stack: string, when: string): Promise<void> {
  const reach = await Reach.of(stack);
  try {
    const machines = reach.machinesOf("db");
    const [first, ...others] = machines;
    if (first === undefined) throw new UserError(`the stack ${stack} has no database machines`);
    await step("whether it can be", async () => {
      const asked = await Promise.all(machines.map(async (machine) => ({ machine, ...await reach.run(machine, "true", { limitMs: minute }) })));
      const deaf = asked.filter(({ code }) => code !== 0).map(({ machine, output }) => `${machine} cannot be reached: ${tail(output, 1)}`);
      // One that is not stopped could go on as a primary.
      if (deaf.length > 0) throw new UserError(`${deaf.join("; ")}. Nothing was touched. Power on, or make anew (pulumi up --refresh), all of ${machines.join(", ")} first`);
      const judgement = judgementSchema.parse(JSON.parse(tail(await onMachine(reach, first, `judge ${when}`), 1)));
      if (judgement.refused !== null) throw new UserError(`${judgement.refused}. Nothing was touched`);
      say(`the backups reach from ${judgement.from ?? "nowhere"} to ${judgement.until ?? "nowhere"}`);
    });
    await step("nobody writes any more", async () => {
      for (const machine of [...others, first]) await onMachine(reach, machine, "stop");
    });
    await step(`${first} comes back as of ${when}`, async () => onMachine(reach, first, `begin ${when}`, restoreLimitMs));
    await step(`${others.join(", ")} copy from ${first}`, async () => Promise.all(others.map(async (machine) => onMachine(reach, machine, "follow", restoreLimitMs))));
    await step("backups and the fence go on", async () => Promise.all(machines.map(async (machine) => onMachine(reach, machine, "resume"))));
  } finally {
    reach.close();
  }
}

await runTarget(async () => {
  watch();
  const { positionals: [stack = ""], values: { to } } = parseArgs({ allowPositionals: true, options: { to: { type: "string" } } });
  if (stack === "") throw new UserError("which stack? make restore STACK=local TO=\"2026-11-21T02:15+07:00\"");
  const target = parseTarget(to, new Date());
  if (target.kind === "refused") throw new UserError(`${target.why}. Nothing was touched`);
  readStackConfig(stack);
  await takeLock("restore");
  try {
    await restore(stack, target.kind === "latest" ? "latest" : target.until.toISOString());
  } finally {
    releaseLock();
  }
  process.stdout.write(`\nThe database is as of ${to ?? ""}. It takes writes, and what is written from now on is archived on a timeline of its own.\n`);
});
