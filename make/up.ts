import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bakeImages } from "../localcloud/images/bake.ts";
import { stateDir } from "../localcloud/paths.ts";
import { readTools } from "../toolchain/manifest.ts";
import { installPlugins } from "../toolchain/plugins.ts";
import { releaseLock, takeLock } from "./lock.ts";
import { pulumiHome } from "./pulumi.ts";
import { recover } from "./recover.ts";
import { localcloud, run, tail } from "./run.ts";
import { siteUrl } from "./site.ts";
import { ensureStack, onStack, stackName, stackOutput } from "./stack.ts";
import { runTarget, step, UserError } from "./steps.ts";
import { waitFor } from "./wait.ts";

const minute = 60_000;
const say = (line: string): void => { process.stdout.write(`    ${line}\n`); };

async function localcloudOk(args: string[], limitMs: number): Promise<void> {
  const { code, output } = await run(process.execPath, [localcloud, ...args], { limitMs, onLine: say });
  if (code !== 0) throw new UserError(`\`localcloud ${args[0]}\` failed (exit code ${code}); see above${output ? "" : ": it said nothing"}`);
}

async function raise(): Promise<void> {
  const { code } = await onStack("up", { limitMs: 10 * minute, args: ["--suppress-progress", "--suppress-outputs"], onLine: (line) => { if (/\S/.test(line)) say(line); } });
  if (code !== 0) throw new UserError(`\`pulumi up\` failed (exit code ${code}); see above. Run \`make up\` again once its cause is mended; the console of a machine: make console NAME=<machine>`);
}

/** The app servers are private: the way in is SSH through whichever bastion is alive, as an administrator would go. */
async function publish(): Promise<void> {
  const folder = join(stateDir, "site");
  const identity = join(folder, "id_ed25519");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(identity, `${await stackOutput("sshPrivateKey")}\n`, { mode: 0o600 });
  await localcloudOk(["publish", "--port", new URL(siteUrl).port, "--jump", "bastion-1,bastion-2", "--machine", "app-1", "--remote-port", "3000", "--identity", identity], minute);
}

async function answers(): Promise<true | undefined> {
  const response = await fetch(siteUrl, { signal: AbortSignal.timeout(2_000) });
  await response.arrayBuffer();
  return response.ok ? true : undefined;
}

await runTarget(async () => {
  takeLock("up");
  try {
    const tools = readTools();
    await step("the machines' image", async () => bakeImages(say));
    await step("the local cloud", async () => localcloudOk(["up"], 2 * minute));
    await installPlugins(pulumiHome, tools);
    await step("the stack", async () => {
      await ensureStack();
      await recover(stackName, say);
      await raise();
    });
    await step("the way in", async () => {
      await publish();
      await waitFor(answers, { what: `an answer from ${siteUrl}`, limitMs: minute });
    });
  } catch (error) {
    if (error instanceof Error && error.message.includes("in vain for")) throw new UserError(tail(error.message));
    throw error;
  } finally {
    releaseLock();
  }
  process.stdout.write(`\nIt is up. See it:      curl ${siteUrl}\nWhat is there:         make status\nBreak something:       make drill\nRemove every trace:    make down\n\n${siteUrl}\n`);
});
