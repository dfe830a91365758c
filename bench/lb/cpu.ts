import { readdirSync, readFileSync } from "node:fs";

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
