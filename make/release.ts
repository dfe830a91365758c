import { delimiter, dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
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

/** @param bundle path of an archive that is released instead of what is in app/ */
async function onLocalStack(bundle: string | undefined): Promise<Finished> {
  await tell("status", {}).catch(() => { throw new UserError("the local stack is not up. Bring it up first: make up"); });
  await takeLock("release");
  try {
    await recover(stackName, say);
    return await onStack("up", { limitMs, args, onLine: say, ...(bundle === undefined ? {} : { config: { "quickcart:app": { bundle: resolve(bundle) } } }) });
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
  const { positionals: [stack = stackName], values: { bundle } } = parseArgs({ allowPositionals: true, options: { bundle: { type: "string" } } });
  readStackConfig(stack);
  if (bundle !== undefined && stack !== stackName) throw new UserError(`BUNDLE is for the local stack only; of ${stack} it is a setting: pulumi config set --path quickcart:app.bundle ${bundle} --stack ${stack}`);
  const { code, output } = await step(`the release on the stack ${stack}`, async () => stack === stackName ? await onLocalStack(bundle) : await onOwnStack(stack));
  if (code !== 0) throw new UserError(explain(output, stack) ?? `\`pulumi up\` failed (exit code ${code}); see above`);
});
