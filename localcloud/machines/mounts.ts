import { readFile } from "node:fs/promises";
import { run } from "./command.ts";

export interface Mount {
  /** What of the mounted file system shows here: `/` unless it is a bind mount of a part. */
  root: string;
  point: string;
  type: string;
  source: string;
  options: string[];
}

/** proc_pid_mountinfo(5), in the order in which they were mounted. */
export function parseMounts(mountinfo: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of mountinfo.split("\n")) {
    const [before = "", after = ""] = line.split(" - ");
    const [, , , root, point] = before.split(" ");
    const [type, source, options] = after.split(" ");
    if (root === undefined || point === undefined || type === undefined) continue;
    mounts.push({ root: unescape(root), point: unescape(point), type, source: unescape(source ?? ""), options: (options ?? "").split(",") });
  }
  return mounts;
}

export async function readMounts(): Promise<Mount[]> {
  return parseMounts(await readFile("/proc/self/mountinfo", "utf8"));
}

export async function isMounted(point: string): Promise<boolean> {
  return (await readMounts()).some((mount) => mount.point === point);
}

/** Everything mounted at or below the folder, the last first. A mount still in use is detached and goes with its last user. */
export async function unmountBelow(folder: string): Promise<void> {
  const points = (await readMounts()).map((mount) => mount.point).filter((point) => point === folder || point.startsWith(`${folder}/`));
  for (const point of points.reverse()) await unmount(point);
}

async function unmount(point: string): Promise<void> {
  try {
    await run(["umount", point]);
  } catch (error) {
    if (!(await isMounted(point))) return;
    try {
      await run(["umount", "--lazy", point]);
    } catch {
      throw error;
    }
  }
}

/** Blanks and the like are written as octal numbers there. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
