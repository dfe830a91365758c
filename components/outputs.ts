import { type Output } from "@pulumi/pulumi";
import { type QuickCart } from "./quickcart.ts";
import { type PresentTier } from "./network.ts";

export interface MachineOutputs {
  readonly tier: PresentTier;
  readonly privateAddress: Output<string>;
  /** Null for a machine without a public interface. */
  readonly publicAddress: Output<string | null>;
}

/** By machine name. */
export function machineOutputs({ machines }: QuickCart): Record<string, MachineOutputs> {
  return Object.fromEntries(machines.map(({ name, tier, server: { privateAddress, publicAddress } }) =>
    [name, { tier, privateAddress, publicAddress }]));
}
