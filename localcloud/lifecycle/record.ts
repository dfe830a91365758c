import { join } from "node:path";
import { readTextIfThere, writeFileAtomic } from "../files.ts";
import { isAlive, type ProcessId, statOf } from "../machines/process.ts";
import { runDir } from "../paths.ts";

export type ServiceName = "daemon" | "outside";

const recordOf = (name: ServiceName): string => join(runDir, `${name}.pid`);

/** Pid and start time: a pid alone may be another's tomorrow. */
export async function recordSelf(name: ServiceName): Promise<void> {
  const self = statOf(process.pid);
  await writeFileAtomic(recordOf(name), `${process.pid} ${self?.startTime ?? ""}\n`, 0o600);
}

/** null when there is none that lives. */
export async function findService(name: ServiceName): Promise<ProcessId | null> {
  const match = /^(\d+) (\d+)$/.exec(((await readTextIfThere(recordOf(name))) ?? "").trim());
  if (match === null) return null;
  const id = { pid: Number(match[1]), startTime: match[2] ?? "" };
  return isAlive(id) ? id : null;
}
