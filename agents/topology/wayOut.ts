import { setTimeout as delay } from "node:timers/promises";
import type { Run } from "../commands.ts";
import type { Topology } from "../documents.ts";
import { message } from "../errors.ts";
import { type Log, transitions } from "../log.ts";
import { applyBird, applyFlood } from "./apply.ts";
import { birdNeighbours } from "./bird.ts";
import { initialOutside, judgeOutside, type OutsideState, probeIntervalMs } from "./outside.ts";
import { clients, type Gateway, overlay } from "./overlay.ts";
import type { OutsideProbe } from "./probe.ts";

export interface WayOutOptions {
  gateway: Gateway;
  probe: Pick<OutsideProbe, "reaches">;
  /** What bird.conf includes. */
  neighboursPath: string;
  run: Run;
  log: Log;
}

/** A bastion's part in egress: knows the private machines, and offers itself only while its own outside can be reached. */
export class WayOut {
  private readonly options: WayOutOptions;
  private topology: Topology | null = null;
  private outside: OutsideState = initialOutside;
  private birdTold: string | null = null;
  /** One change at a time: a new document and the watch over the outside both make some. */
  private turn: Promise<void> = Promise.resolve();

  constructor(options: WayOutOptions) {
    this.options = options;
  }

  async serve(topology: Topology): Promise<void> {
    this.topology = topology;
    await this.settle();
  }

  async watch(signal: AbortSignal): Promise<void> {
    const sayOutside = transitions(this.options.log);
    const saySettled = transitions(this.options.log);
    while (!signal.aborted) {
      const next = Date.now() + probeIntervalMs;
      this.outside = judgeOutside(this.outside, await this.options.probe.reaches());
      sayOutside(this.outside.alive ? "the outside can be reached" : "the outside cannot be reached: leaving egress to the other gateway");
      // Every time: what the kernel or BIRD lost in a restart comes back by itself.
      await this.settle().then(
        () => saySettled("egress is set up"),
        (error: unknown) => saySettled(`cannot set up egress, trying again: ${message(error)}`),
      );
      await delay(Math.max(0, next - Date.now()), undefined, { signal }).catch(() => null);
    }
  }

  private async settle(): Promise<void> {
    const work = this.turn.then(async () => {
      if (this.topology === null) return;
      const { run, gateway, neighboursPath } = this.options;
      await applyFlood(run, overlay.device(gateway), clients(this.topology.machines));
      const neighbours = birdNeighbours(gateway, this.topology.machines, this.outside.alive);
      this.birdTold = await applyBird(run, neighboursPath, neighbours, this.birdTold);
    });
    this.turn = work.catch(() => undefined);
    await work;
  }
}
