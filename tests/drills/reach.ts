import { run } from "../../make/run.ts";
import { onOk } from "./cloud.ts";

export interface Target {
  address: string;
  port: number;
}

/** Dropped packets run into the time limit; both an open and a closed port answer, so a firewall let the packet pass. */
export type Reached = "passed" | "dropped";

const secondsForAnAnswer = 1;

/** One connection attempt a target, all at once: bash needs no package on the machine. */
function script(targets: Target[]): string {
  const attempts = targets.map(({ address, port }) =>
    `{ e=$(timeout ${secondsForAnAnswer} bash -c '</dev/tcp/${address}/${port}' 2>&1); c=$?; case "$c $e" in 0*|*refused*) r=passed;; *) r=dropped;; esac; echo "${address} ${port} $r"; } &`);
  return `${attempts.join("\n")}\nwait`;
}

/** Tries every target from a machine, or (null) from the cloud's own namespace: an address on the public network. */
export async function reach(from: string | null, targets: Target[]): Promise<Map<string, Reached>> {
  const limitMs = 30_000;
  const output = from === null
    ? (await run("bash", ["-c", script(targets)], { limitMs })).output
    : await onOk(from, ["bash", "-c", script(targets)], limitMs);
  const found = new Map<string, Reached>();
  for (const line of output.split("\n")) {
    const [address, port, result] = line.trim().split(" ");
    if (result === "passed" || result === "dropped") found.set(`${address}:${port}`, result);
  }
  for (const { address, port } of targets) {
    if (!found.has(`${address}:${port}`)) throw new Error(`no result for ${address}:${port} from ${from ?? "the cloud"}: ${output.slice(-300)}`);
  }
  return found;
}
