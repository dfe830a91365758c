import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseState } from "./orphans.ts";
import { pulumiOk, stackHolders } from "./pulumi.ts";
import { localcloud, run, tail } from "./run.ts";
import { UserError } from "./steps.ts";

const limitMs = 60_000;

/**
 * Makes the stack usable again after a run of Pulumi was killed; does nothing (in no time) otherwise.
 * @throws UserError when the run lives
 */
export async function recover(stack: string, say: (line: string) => void): Promise<void> {
  if (stackHolders(stack).length === 0) return;
  const holder = await livingHolder(stack);
  if (holder !== undefined) {
    throw new UserError(`another run of Pulumi (process ${holder.pid}) is changing the stack ${stack} right now. This one has changed nothing. Wait for the other, or end it: kill ${holder.pid}`);
  }
  say("an earlier run was killed; its lock is released and its half-made resources are sorted out");
  await pulumiOk(["cancel", "--yes", "--stack", stack], { limitMs });
  const exported = await pulumiOk(["stack", "export", "--stack", stack], { limitMs });
  if (parseState(exported).deployment.pending_operations.length === 0) return;
  const { code, output } = await run(process.execPath, [localcloud, "exec", "--", process.execPath, join(import.meta.dirname, "deleteOrphans.ts")], { limitMs, input: exported });
  if (code !== 0) throw new UserError(`could not sort out what the killed run left:\n${tail(output)}\nStart afresh: make down && make up`);
  for (const line of output.trim().split("\n").filter(Boolean)) say(line);
  const state = JSON.parse(exported) as { deployment: { pending_operations?: unknown[] } };
  state.deployment.pending_operations = [];
  await pulumiOk(["stack", "import", "--stack", stack], { limitMs, input: JSON.stringify(state) });
}

/** One that was killed a moment ago may still be on its way out. */
async function livingHolder(stack: string): Promise<{ pid: number } | undefined> {
  const deadline = performance.now() + 2_000;
  for (;;) {
    const holder = stackHolders(stack).find(({ isAlive }) => isAlive);
    if (holder === undefined || performance.now() > deadline) return holder;
    await pause(100);
  }
}
