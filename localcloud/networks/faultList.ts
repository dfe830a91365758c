import type { MachineId } from "../datacenter.ts";
import { type Fault } from "./state.ts";

export interface FaultPort {
  protocol: "tcp" | "udp";
  port: number;
}

export function withPartition(faults: readonly Fault[], from: MachineId, to: MachineId | null, only: FaultPort | null): Fault[] {
  if (from === to) throw new Error(`machine ${from} cannot be parted from itself: name two machines, or one and everything`);
  if (only !== null && !(Number.isInteger(only.port) && only.port >= 1 && only.port <= 65535)) {
    throw new Error(`${only.port} is no ${only.protocol} port: whole numbers from 1 to 65535 are`);
  }
  const fault: Fault = { kind: "partition", from, to, only: only && { protocol: only.protocol, port: only.port } };
  const same = (other: Fault): boolean => JSON.stringify(other) === JSON.stringify(fault);
  return faults.some(same) ? [...faults] : [...faults, fault];
}

/** @param percent of the packets, 0 to 100, to three decimals; 0 ends the loss */
export function withLoss(faults: readonly Fault[], machine: MachineId, percent: number): Fault[] {
  if (!(percent === 0 || (percent >= 0.001 && percent <= 100))) {
    throw new Error(`${percent} is no share of the packets in percent: 0.001 to 100 are, and 0 for none`);
  }
  const others = faults.filter((fault) => !(fault.kind === "loss" && fault.machine === machine));
  return percent === 0 ? others : [...others, { kind: "loss", machine, percent }];
}

/** Without those that the machine has a part in; without any if no machine is named. */
export function withoutFaults(faults: readonly Fault[], id?: MachineId): Fault[] {
  if (id === undefined) return [];
  return faults.filter((fault) => (fault.kind === "loss" ? fault.machine !== id : fault.from !== id && fault.to !== id));
}
