import { join } from "node:path";
import { type MachineId, type Networks } from "../datacenter.ts";
import { type Images } from "../images/bake.ts";
import { type Log } from "../lifecycle/log.ts";
import { type Hierarchies } from "./cgroups.ts";

export interface MachinesOptions {
  networks: Pick<Networks, "plug" | "cut" | "unplug" | "adopt">;
  /** null in a cloud that only answers its API: no machine can be built there. */
  images: Images | null;
  /** Put above the image: the certificate of the cloud's own CA. */
  extraLayer: string | null;
  stateDir: string;
  runDir: string;
  /** Below each hierarchy's root. */
  cgroupName: string;
  /** Machines are named by it and their id on the host. */
  namePrefix: string;
  log: Log;
  /** How long a machine may take to shut down before it is switched off, in ms. Default: 30 s. */
  shutdownLimit?: number;
}

/** What one machine's code needs. */
export interface Rack extends MachinesOptions {
  trees: Hierarchies;
  /** The guest powered itself off. */
  poweredOff(id: MachineId): Promise<void>;
}

export function machinesCgroup(cgroupName: string): string {
  return join(cgroupName, "machines");
}
