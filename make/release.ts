import { delimiter, dirname } from "node:path";
import { tell } from "../localcloud/client.ts";
import { readTools } from "../toolchain/manifest.ts";
import { releaseLock, takeLock } from "./lock.ts";
import { recover } from "./recover.ts";
import { explain, releaseTarget } from "./releaseWords.ts";
import { run, watch, type Finished } from "./run.ts";
import { readStackConfig } from "./settings.ts";
import { onStack, stackName } from "./stack.ts";
import { runTarget, step, UserError } from "./steps.ts";

const limitMs = 20 * 60_000;
const args = [...releaseTarget, "--suppress-progress", "--suppress-outputs"];
const say = (line: string): void => { if (/\S/.test(line)) process.stdout.write(`    ${line}\n`); };

async function onLocalStack(): Promise<Finished> {
  await tell("status", {}).catch(() => { throw new UserError("the local stack is not up. Bring it up first: make up"); });
  await takeLock("release");
  try {
    await recover(stackName, say);
    return await onStack("up", { limitMs, args, onLine: say });
  } finally {
    releaseLock();
  }
}

/** In the caller's own environment: the backend, the passphrase and the tokens are theirs. */
async function onOwnStack(stack: string): Promise<Finished> {
  const tools = readTools();
  const env = { ...process.env, PATH: [dirname(tools.node), tools.pulumiDir, process.env["PATH"] ?? ""].join(delimiter) };
  return await run("pulumi", ["up", "--stack", stack, "--yes", "--skip-preview", "--non-interactive", ...args], { limitMs, env, onLine: say });
}

await runTarget(async () => {
  watch();
  const stack = process.argv[2] ?? stackName;
  readStackConfig(stack);
  const { code, output } = await step(`the release on the stack ${stack}`, async () => stack === stackName ? await onLocalStack() : await onOwnStack(stack));
  if (code !== 0) throw new UserError(explain(output, stack) ?? `\`pulumi up\` failed (exit code ${code}); see above`);
});
