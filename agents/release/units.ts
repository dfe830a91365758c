import * as z from "zod";
import type { Run } from "../commands.ts";
import { healthCheck, type Slot } from "../slots.ts";

const unitOf = (slot: Slot): string => `quickcart-app@${slot}.service`;

/** A slot's unit, as systemd sees it. */
export interface UnitState {
  /** `active`, `activating`, `deactivating`, `inactive` or `failed`. */
  active: string;
  /** How often systemd has started it again since it was last told to start it. */
  restarts: number;
}

export type Health = { serves: true; bundle: string } | { serves: false; said: string };

const healthSchema = z.object({ release: z.string() });

/** The two processes of the app: systemd keeps them, and they say over HTTP how they are. */
export class Units {
  private readonly run: Run;
  private readonly portOf: (slot: Slot) => number;

  constructor(run: Run, portOf: (slot: Slot) => number) {
    this.run = run;
    this.portOf = portOf;
  }

  /** Does nothing to a unit that runs. Returns once systemd has begun, so that no state is left from an earlier attempt. */
  async start(slot: Slot): Promise<void> {
    await this.run("systemctl", ["start", unitOf(slot)]);
  }

  /** SIGTERM, then as long as the unit's TimeoutStopSec: requests under way are answered, and nobody waits for it. */
  async stop(slot: Slot): Promise<void> {
    await this.run("systemctl", ["stop", "--no-block", unitOf(slot)]);
  }

  async state(slot: Slot): Promise<UnitState> {
    const said = await this.run("systemctl", ["show", "--property", "ActiveState,NRestarts", unitOf(slot)]);
    return { active: /^ActiveState=(.+)$/m.exec(said)?.[1] ?? "unknown", restarts: Number(/^NRestarts=(\d+)$/m.exec(said)?.[1] ?? 0) };
  }

  /** What a load balancer would be told, and by which bundle. */
  async health(slot: Slot): Promise<Health> {
    try {
      const response = await fetch(`http://127.0.0.1:${this.portOf(slot)}${healthCheck.path}`, { signal: AbortSignal.timeout(healthCheck.timeoutMs) });
      const text = await response.text();
      if (response.status !== 200) return { serves: false, said: `${healthCheck.path} answered with status ${response.status}` };
      return { serves: true, bundle: healthSchema.parse(JSON.parse(text)).release };
    } catch (error) {
      if (error instanceof z.ZodError || error instanceof SyntaxError) return { serves: false, said: `${healthCheck.path} does not say which release it is` };
      return { serves: false, said: `${healthCheck.path} did not answer` };
    }
  }
}
