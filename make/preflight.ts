import { parseSettings, type Settings } from "../components/config.ts";
import { ConfigError } from "../components/settingErrors.ts";
import { digitalOceanFacts } from "./preflight/digitalOcean.ts";
import { linodeFacts } from "./preflight/linode.ts";
import { bill, judge, type Line } from "./preflight/judge.ts";
import { reader } from "./preflight/read.ts";
import { asTexts, fillForPlan, readStackConfig } from "./settings.ts";
import { runTarget, UserError } from "./steps.ts";

/** Whether an account could hold a stack, and what it would cost: before anything is ordered, and without ordering anything. */
const clouds = {
  digitalocean: { origin: "https://api.digitalocean.com", variable: "DIGITALOCEAN_TOKEN", facts: digitalOceanFacts },
  linode: { origin: "https://api.linode.com", variable: "LINODE_TOKEN", facts: linodeFacts },
} as const;

function settingsOf(stack: string): { settings: Settings; lines: Line[] } {
  const { config, missing, unread } = fillForPlan(readStackConfig(stack));
  try {
    const settings = parseSettings(stack, asTexts(config));
    const lines = missing.map(({ key, how }) => ({ ok: false, what: "setting", seen: `${key} is not set`, todo: `${how} --stack ${stack}` }));
    const encrypted = unread.length === 0 ? "" : `; ${unread.join(", ")}: encrypted, not looked at`;
    return { settings, lines: lines.length > 0 ? lines : [{ ok: true, what: "settings", seen: `Pulumi.${stack}.yaml${encrypted}` }] };
  } catch (error) {
    if (error instanceof ConfigError) throw new UserError(error.message);
    throw error;
  }
}

function print({ ok, what, seen, todo }: Line): void {
  process.stdout.write(`${ok ? "ok" : "NO"}  ${what.padEnd(24)}${seen}\n${todo === undefined ? "" : `${" ".repeat(28)}-> ${todo}\n`}`);
}

await runTarget(async () => {
  const { settings, lines } = settingsOf(process.argv[2] ?? "");
  const { origin, variable, facts } = clouds[settings.cloud];
  const token = process.env[variable];
  if (!token) throw new UserError(`${variable} is not set: preflight asks your account for its limits, reading only. Make a token in the cloud's console, then: read -rs ${variable}; export ${variable}; make preflight STACK=${settings.stack}`);
  const known = await facts(reader({ origin, token, variable }), settings);
  const all = [...lines, ...judge(settings, known)];
  all.forEach(print);
  const costs = bill(settings, known);
  if (costs.length > 0) process.stdout.write(`\n${costs.join("\n")}\n`);
  const wrong = all.filter(({ ok }) => !ok).length;
  process.stdout.write(wrong === 0 ? `\nThe account can hold the stack ${settings.stack}.\n` : `\n${wrong} ${wrong === 1 ? "thing is" : "things are"} to be done first.\n`);
  if (wrong > 0) process.exitCode = 1;
});
