import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readTextIfThere } from "../files.ts";

const setting = "/proc/sys/fs/inotify/max_user_instances";

/** Each machine's init and services take about six; the kernel's default of 128 for all of them ends at twenty machines. */
const enough = 8192;

const noteIn = (runDir: string): string => join(runDir, "inotify-instances-before");

export async function raiseInotifyLimit(runDir: string): Promise<void> {
  const now = Number(await readFile(setting, "utf8"));
  if (now >= enough) return;
  await writeFile(noteIn(runDir), String(now), { flag: "wx" }).catch((error: unknown) => {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  });
  await writeFile(setting, String(enough));
}

export async function restoreInotifyLimit(runDir: string): Promise<void> {
  const before = await readTextIfThere(noteIn(runDir));
  if (before === null) return;
  // Somebody else may have set it meanwhile.
  if (Number(await readFile(setting, "utf8")) === enough && /^\d+$/.test(before)) await writeFile(setting, before);
  await rm(noteIn(runDir), { force: true });
}
