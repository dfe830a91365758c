import { mkdirSync, mkdtempSync, copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { stateDir } from "../localcloud/paths.ts";
import { readTools } from "../toolchain/manifest.ts";
import { installPlugins } from "../toolchain/plugins.ts";
import { releaseLock, takeLock } from "./lock.ts";
import { pulumi, pulumiHome, pulumiOk } from "./pulumi.ts";
import { localcloud, root, run, tail, watch } from "./run.ts";
import { type Filled, fillForPlan, readStackConfig } from "./settings.ts";
import { runTarget, step, UserError } from "./steps.ts";

/**
 * What `pulumi up` of a stack would make, planned against an empty account: a local cloud of its own that answers the API
 * and builds nothing. No cloud account, no state of the stack and no secret of it is needed, and nothing stays.
 */
const minute = 60_000;
const say = (line: string): void => { process.stdout.write(`    ${line}\n`); };

async function localcloudOk(...args: string[]): Promise<void> {
  // Ends also after a second Ctrl-C: what is half removed would be found by nobody until the next preview.
  const { code, output } = await run(process.execPath, [localcloud, ...args], { limitMs: minute, sheltered: args[0] === "down" });
  if (code !== 0) throw new UserError(`\`localcloud ${args.join(" ")}\` failed (exit code ${code}):\n${tail(output)}`);
}

const saltSchema = z.looseObject({ encryptionsalt: z.string() });

/** @returns the settings file of the plan; the clone's own is not touched, which `pulumi stack init` would write into */
async function makeStack(stack: string, { config }: Filled): Promise<string> {
  mkdirSync(join(stateDir, "pulumi"), { recursive: true, mode: 0o700 });
  const folder = mkdtempSync(join(stateDir, "pulumi", "project-"));
  copyFileSync(join(root, "Pulumi.yaml"), join(folder, "Pulumi.yaml"));
  await pulumiOk(["stack", "init", stack, "--no-select", "--cwd", folder], { limitMs: minute });
  const path = join(folder, `Pulumi.${stack}.yaml`);
  const { encryptionsalt } = saltSchema.parse(parse(readFileSync(path, "utf8")));
  writeFileSync(path, stringify({ config, encryptionsalt }), { mode: 0o600 });
  return path;
}

await runTarget(async () => {
  watch();
  const [stack = ""] = process.argv.slice(2);
  const filled = fillForPlan(readStackConfig(stack));
  await takeLock("preview");
  let interrupted = false;
  const goOn = (): void => { if (interrupted) throw new UserError("interrupted; nothing is left of it"); };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => { interrupted = true; });
  try {
    await step("a cloud of its own, without machines", async () => {
      // Of a preview that was killed.
      await localcloudOk("down");
      await localcloudOk("up", "--api-only");
      await installPlugins(pulumiHome, readTools());
    });
    goOn();
    for (const { key, how, stand } of filled.missing) say(`${key} is not set; planned with ${JSON.stringify(stand)}. Yours: ${how} --stack ${stack}`);
    for (const key of filled.unread) say(`${key} is encrypted, and the plan does without it`);
    await step(`what \`pulumi up\` of the stack ${stack} would make`, async () => {
      const settings = await makeStack(stack, filled);
      const { code } = await pulumi(["preview", "--stack", stack, "--config-file", settings, "--suppress-progress"], {
        limitMs: 2 * minute,
        onLine: (line) => { if (/\S/.test(line)) say(line); },
      });
      goOn();
      if (code !== 0) throw new UserError(`the plan failed (exit code ${code}); see above`);
    });
  } catch (error) {
    // Whatever it was in the middle of failed because of that.
    goOn();
    throw error;
  } finally {
    await localcloudOk("down");
    releaseLock();
  }
});
