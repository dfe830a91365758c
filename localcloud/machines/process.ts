import { readFileSync } from "node:fs";

/** A process for good: its pid may be another's tomorrow, its start time then differs. */
export interface ProcessId {
  pid: number;
  /** Clock ticks after the host's boot, proc_pid_stat(5). */
  startTime: string;
}

interface Stat extends ProcessId {
  name: string;
  state: string;
}

/** null when there is no such process. */
export function statOf(pid: number): Stat | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return null;
  }
  // The name may hold blanks and parentheses.
  const end = text.lastIndexOf(")");
  const fields = text.slice(end + 2).split(" ");
  return { pid, name: text.slice(text.indexOf("(") + 1, end), state: fields[0] ?? "", startTime: fields[19] ?? "" };
}

/** A zombie has no memory, files or network left: it counts as gone. */
export function isAlive({ pid, startTime }: ProcessId): boolean {
  const now = statOf(pid);
  return now !== null && now.startTime === startTime && now.state !== "Z" && now.state !== "X";
}

/** Whether it is the init of a process namespace right below ours. */
export function isInit(pid: number): boolean {
  let status: string;
  try {
    status = readFileSync(`/proc/${pid}/status`, "utf8");
  } catch {
    return false;
  }
  const [, ...inner] = /^NSpid:\s*(.*)$/m.exec(status)?.[1]?.split(/\s+/) ?? [];
  return inner.length === 1 && inner[0] === "1";
}
