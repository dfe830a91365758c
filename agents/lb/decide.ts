import type { Holding } from "./address/address.ts";
import { type Attention, silence } from "./attention.ts";

/** What keepalived says of this machine. */
export const vrrpStates = ["MASTER", "BACKUP", "FAULT", "STOP"] as const;
export type VrrpState = (typeof vrrpStates)[number];

export interface Situation {
  /** Null until keepalived has said something. */
  vrrp: VrrpState | null;
  /** This machine, as the cloud's API names it. */
  self: string;
  /** Last known; null before the first answer of the API. */
  holding: Holding | null;
  /** How the holder answers on its own public address. */
  attention: Attention;
  /** A claim is under way. */
  claiming: boolean;
}

export interface Decision {
  claim: boolean;
  /** For the log: what an operator is to know of it at night. */
  why: string;
}

/**
 * Whether to claim the floating address now. Only the master does, and never from a holder that serves: after a cut
 * between the two both are masters, and must not fight over it.
 */
export function decide({ vrrp, self, holding, attention, claiming }: Situation): Decision {
  const no = (why: string): Decision => ({ claim: false, why });
  const yes = (why: string): Decision => ({ claim: true, why });
  if (claiming) return no("a claim is under way");
  if (vrrp !== "MASTER") return no(`keepalived says ${vrrp ?? "nothing yet"}`);
  if (holding === null) return no("the cloud has not said yet who holds the address");
  switch (holding.state) {
    case "moving": return no("the address is being moved");
    case "free": return yes("nobody holds the address");
    case "held": {
      if (holding.id === self) return no("this machine holds the address");
      const holder = nameHolder(holding);
      if (holding.publicAddress === null) return yes(`${holder} has no public address`);
      if (attention.answer === "leaving") return yes(`${holder} is about to leave`);
      const silent = silence(attention);
      if (silent !== null) return yes(`${holder} is ${silent}`);
      return no(attention.answer === null ? `${holder} may still answer` : `${holder} serves`);
    }
    default: return holding satisfies never;
  }
}

export function nameHolder({ id, publicAddress }: Extract<Holding, { state: "held" }>): string {
  return `the holder (machine ${id}${publicAddress === null ? "" : `, ${publicAddress}`})`;
}
