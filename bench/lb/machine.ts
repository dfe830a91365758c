import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { tell } from "../../localcloud/client.ts";
import { localcloud, run, tail } from "../../make/run.ts";
import { UserError } from "../../make/steps.ts";
import { booted, createDroplet } from "../../tests/drills/cloud.ts";

const name = "lb";

/** A machine of the local cloud, and what is done on it. */
export interface Machine {
  /** Pid of its init on the host. */
  leader: number;
}

async function cloud(args: string[], input = ""): Promise<string> {
  const { code, output } = await run(process.execPath, [localcloud, ...args], { limitMs: 300_000, input });
  if (code !== 0) throw new UserError(`localcloud ${args.join(" ")} failed:\n${tail(output)}`);
  return output;
}

/** In a cloud of its own, which must not be there yet. */
export async function makeMachine(size: string): Promise<Machine> {
  await cloud(["up"]);
  await booted(await createDroplet({ name, size }));
  const { leader } = await tell("locate", { machine: name });
  if (leader === null) throw new Error(`${name} is off`);
  return { leader };
}

export const removeCloud = async (): Promise<string> => await cloud(["down"]);

/** Runs to its end on the machine, started by the machine's own init; answers what it said. */
export const on = async (argv: string[]): Promise<string> => await cloud(["run", name, "--", ...argv]);

/** Readable by root only: among them is a key. */
export function put(machine: Machine, files: Record<string, string>): void {
  for (const [path, content] of Object.entries(files)) {
    const file = join(`/proc/${machine.leader}/root`, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content, { mode: 0o600 });
  }
}

export const configurationOf = (unit: string): string => `/etc/bench/${unit}.cfg`;

/** A service each. What is wrong with a configuration is in the error. @param output where their standard output goes, as systemd says it */
export async function startHaproxies(units: readonly string[], output: string): Promise<void> {
  await on(["sh", "-ec", startScript, "sh", output, ...units]);
}

const startScript = `
output=$1
shift
case $output in append:*) mkdir -p "$(dirname "\${output#append:}")";; esac
for unit; do
  configuration=${configurationOf("$unit")}
  export PRIVATE_ADDRESS=127.0.0.1
  systemd-run --quiet --unit="$unit" --property=Type=notify --property=StandardOutput="$output" --setenv=PRIVATE_ADDRESS haproxy -Ws -f "$configuration" || {
    haproxy -c -f "$configuration"
    exit 1
  }
done
`;

/** As the host counts. */
export function pidsOf({ leader }: Machine, unit: string): number[] {
  const text = readFileSync(`/proc/${leader}/root/sys/fs/cgroup/system.slice/${unit}.service/cgroup.procs`, "utf8");
  return text.trim().split("\n").map(Number);
}
