import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hasCode, readTextIfThere } from "../files.ts";

/** Each machine's init and services take about six; the kernel's default of 128 for all of them ends at twenty machines. */
const enough = 8192;

/** Where the kernel has the setting, and where the clouds on this host note what it was and who of them wants it. */
export interface InotifyPlaces {
  setting: string;
  notes: string;
}

export const inotifyPlaces: InotifyPlaces = { setting: "/proc/sys/fs/inotify/max_user_instances", notes: "/run/quickcart-inotify" };

export async function raiseInotifyLimit(cloud: string, { setting, notes }: InotifyPlaces = inotifyPlaces): Promise<void> {
  const now = Number(await readFile(setting, "utf8"));
  if (now < enough) {
    await mkdir(notes, { recursive: true });
    await writeFile(join(notes, beforeNote), String(now), { flag: "wx" }).catch((error: unknown) => {
      if (!hasCode(error, "EEXIST")) throw error;
    });
    await writeFile(setting, String(enough));
  }
  // Without a note it was high before any cloud came, and nothing is to be restored.
  if ((await readTextIfThere(join(notes, beforeNote))) !== null) await writeFile(join(notes, cloud), "");
}

/** The last cloud puts the setting back. */
export async function restoreInotifyLimit(cloud: string, { setting, notes }: InotifyPlaces = inotifyPlaces): Promise<void> {
  const before = await readTextIfThere(join(notes, beforeNote));
  if (before === null) return;
  await rm(join(notes, cloud), { force: true });
  if ((await readdir(notes)).some((name) => name !== beforeNote)) return;
  // Somebody else may have set it meanwhile.
  if (Number(await readFile(setting, "utf8")) === enough && /^\d+$/.test(before)) await writeFile(setting, before);
  await rm(notes, { recursive: true, force: true });
}

/** No cloud has this name: theirs have no dots. */
const beforeNote = "value.before";
