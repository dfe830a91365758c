import { CloudError } from "../localcloud/client.ts";

/** Progress of long work: every step says when it starts, how it goes after 5 s, and how long it took. */

const tickMs = 5_000;

export interface StepOptions {
  /** What is happening right now, shown with the elapsed time while the step runs. */
  detail?: () => string;
}

export async function step<T>(title: string, work: () => Promise<T>, options: StepOptions = {}): Promise<T> {
  const started = Date.now();
  const seconds = (): string => `${((Date.now() - started) / 1000).toFixed(1)} s`;
  process.stdout.write(`==> ${title}\n`);
  const ticker = setInterval(() => {
    const detail = options.detail?.();
    process.stdout.write(`    … ${title}, ${seconds()}${detail ? `: ${detail}` : ""}\n`);
  }, tickMs);
  try {
    const result = await work();
    process.stdout.write(`    done: ${title} (${seconds()})\n`);
    return result;
  } finally {
    clearInterval(ticker);
  }
}

/** For errors that the user can mend: printed without a stack. */
export class UserError extends Error {}

/** Runs a target to its end; a UserError, or what the local cloud refused, prints as it is, anything else with its stack. */
export async function runTarget(target: () => Promise<void>): Promise<void> {
  // What is baked and bundled here is read by services on the machines; a hardened host's root may be stricter.
  process.umask(0o022);
  try {
    await target();
  } catch (error) {
    if (error instanceof UserError || error instanceof CloudError) process.stderr.write(`\nerror: ${error.message}\n`);
    else process.stderr.write(`\nerror: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  }
}
