import { overlaps, parseCidr } from "./ipv4.ts";
import { cablesOf, type Plugged } from "./names.ts";
import { type NetworkState } from "./state.ts";

/** Port MACs hold 32 bits of the id, and the kernel 15 characters of the port's name. */
const lastId = 0xffff_ffff;

/** Throws if the machine cannot be plugged in beside the others. */
export function checkPlug(machine: Plugged, { machines, vpcs }: Pick<NetworkState, "machines" | "vpcs">): void {
  const { id } = machine;
  if (!Number.isInteger(id) || id < 1 || id > lastId) {
    throw new Error(`machine ${id} cannot be plugged in: ids are whole numbers from 1 to ${lastId}`);
  }
  const { vpcId, address } = machine.nics.private;
  const vpc = vpcs.find((one) => one.id === vpcId);
  if (vpc === undefined) throw new Error(`machine ${id} cannot be plugged in: VPC ${vpcId} does not exist, add it first`);
  if (!overlaps(parseCidr(address), parseCidr(vpc.cidr))) {
    throw new Error(`machine ${id} cannot be plugged in: ${address} is outside ${vpc.cidr} of VPC ${vpcId}`);
  }
  const own = new Set(identities(machine));
  for (const other of machines) {
    const shared = other.id === id ? undefined : identities(other).find((identity) => own.has(identity));
    if (shared !== undefined) throw new Error(`machine ${id} cannot be plugged in: machine ${other.id} already has ${shared}`);
  }
}

function identities(machine: Plugged): string[] {
  return cablesOf(machine).flatMap(({ mac, addresses }) => [mac, ...addresses]);
}
