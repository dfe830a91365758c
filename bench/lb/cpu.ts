import { readdirSync, readFileSync } from "node:fs";
import { setPriority } from "node:os";

/** CPU time of one thread so far: the first figure of its `schedstat`, in ns; `stat` would round it to hundredths of a second. */
export function parseSchedstat(text: string): number {
  const nanoseconds = Number(text.split(" ")[0]);
  if (text.trim() === "" || !Number.isFinite(nanoseconds)) throw new Error(`this kernel's schedstat cannot be read: ${JSON.stringify(text)}`);
  return nanoseconds / 1e9;
}

/** Seconds of CPU that these processes have used so far, all their threads together. */
export function cpuSeconds(pids: readonly number[]): number {
  let sum = 0;
  for (const pid of pids) {
    const threads = `/proc/${pid}/task`;
    for (const thread of readdirSync(threads)) sum += parseSchedstat(readFileSync(`${threads}/${thread}/schedstat`, "utf8"));
  }
  return sum;
}

/** A little of what a machine with nothing else to do would give: others' work evicts caches, which costs the one most that uses most memory. */
export function prefer(pids: readonly number[]): void {
  for (const pid of pids) setPriority(pid, -15);
}
