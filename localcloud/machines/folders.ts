import { join } from "node:path";
import { type MachineId } from "../datacenter.ts";

/** Where one machine's things are. State outlives a reboot of the host, the rest does not. */
export interface Folders {
  state: string;
  run: string;
  /** The sparse file that is the machine's disk. */
  disk: string;
  /** Where the disk is mounted: the overlay's upper and work directories, and what fills it in a drill. */
  diskMount: string;
  /** The machine's root file system. */
  root: string;
  /** What the machine was made as. */
  record: string;
  console: string;
  /** Written with nspawn's status when it ends. */
  exit: string;
}

export function machinesIn(folder: string): string {
  return join(folder, "machines");
}

export function foldersOf(dirs: { stateDir: string; runDir: string }, id: MachineId): Folders {
  const state = join(machinesIn(dirs.stateDir), String(id));
  const run = join(machinesIn(dirs.runDir), String(id));
  return {
    state,
    run,
    disk: join(state, "disk.img"),
    diskMount: join(run, "disk"),
    root: join(run, "root"),
    record: join(state, "machine.json"),
    console: join(state, "console.log"),
    exit: join(run, "exit"),
  };
}
