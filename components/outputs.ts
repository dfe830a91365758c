import { type Output, interpolate } from "@pulumi/pulumi";
import { type Settings } from "./config.ts";
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

const localPort = 8080;

/** How an administrator looks at the page: app servers are reached through a bastion only. */
export function urlCommand({ bastions, appFleet }: QuickCart, { app }: Settings): Output<string> | null {
  const server = appFleet.machines[0]?.server;
  if (server === undefined) return null;
  const forward = `-L ${String(localPort)}:127.0.0.1:${String(app.port)}`;
  return interpolate`pulumi stack output sshPrivateKey --show-secrets | ssh-add - && ssh -fN ${forward} -J root@${bastions.machines[0].server.publicAddress} root@${server.privateAddress} && curl http://127.0.0.1:${String(localPort)}/`;
}
