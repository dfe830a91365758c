import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/**
 * Holds a lock of the kernel while `work` runs: a child has it, and ends when we close its input or die, so that no lock
 * outlives its owner.
 *
 * @param onWait called when another process holds the lock
 */
export async function withLock<T>(path: string, onWait: () => void, work: () => Promise<T>): Promise<T> {
  const script = 'flock --nonblock 9 || { echo busy; flock 9; }; echo locked; exec cat';
  const holder = spawn("sh", ["-ec", `exec 9>>"$1"; ${script}`, "sh", path], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(holder, "close");
  try {
    let locked = false;
    for await (const line of createInterface({ input: holder.stdout })) {
      if (line === "busy") onWait();
      if (line === "locked") {
        locked = true;
        break;
      }
    }
    if (!locked) throw new Error(`cannot lock ${path}: is it writable, and is util-linux (flock) installed?`);
    return await work();
  } finally {
    holder.stdin.end();
    holder.stdout.resume();
    await ended;
  }
}
