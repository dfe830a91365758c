import { setTimeout as delay } from "node:timers/promises";
import type { Run } from "../commands.ts";
import type { Topology } from "../documents.ts";
import { message } from "../errors.ts";
import { peering } from "../lb/peering.ts";
import { type Log, transitions } from "../log.ts";
import { applyFlood } from "./apply.ts";

export interface TunnelOptions {
  run: Run;
  log: Log;
  /** Milliseconds between two looks at what the kernel has. */
  settleMs?: number;
}

/** A load balancer's end of the tunnel that carries VRRP: knows where the other end is, from that one's own document. */
export class Tunnel {
  private readonly options: TunnelOptions;
  private document: Topology | null = null;
  private readonly say: Log;

  constructor(options: TunnelOptions) {
    this.options = options;
    this.say = transitions(options.log);
  }

  async reach(document: Topology): Promise<void> {
    this.document = document;
    await this.settle(document);
  }

  /** Again and again: a tunnel that is made anew comes without what was told to the one before. */
  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await delay(this.options.settleMs ?? 2_000, undefined, { signal }).catch(() => null);
      if (signal.aborted || this.document === null) continue;
      await this.settle(this.document).catch((error: unknown) => this.say(`cannot set up the tunnel, trying again: ${message(error)}`));
    }
  }

  private async settle({ machines }: Topology): Promise<void> {
    await applyFlood(this.options.run, peering.device, machines);
    this.say(`the tunnel ${peering.device} leads to ${machines.map((machine) => `${machine.name} at ${machine.privateAddress}`).join(", ") || "nobody"}`);
  }
}
