import type { Progress } from "../../../../agents/api/cloud.ts";
import type { Power } from "../../../../agents/fence/power/power.ts";

/** A cloud whose actions end when a test says so. */
export class FakePower implements Power {
  /** What was asked, in order: `off 101`. */
  readonly asked: string[] = [];
  readonly powered = new Map<string, "on" | "off">();
  /** Thrown by the next calls that would change something, in their order. */
  refusals: Error[] = [];
  /** What actions come to. */
  outcome: Progress = "done";

  async off(machine: string): Promise<string | null> {
    return await this.change(machine, "off");
  }

  async on(machine: string): Promise<string | null> {
    return await this.change(machine, "on");
  }

  async progress(machine: string, change: string): Promise<Progress> {
    await Promise.resolve();
    if (this.outcome === "done") this.powered.set(machine, change === "off" ? "off" : "on");
    return this.outcome;
  }

  async isOff(machine: string): Promise<boolean> {
    await Promise.resolve();
    return this.powered.get(machine) === "off";
  }

  close(): void {
    this.asked.push("close");
  }

  private async change(machine: string, to: "on" | "off"): Promise<string | null> {
    await Promise.resolve();
    this.asked.push(`${to} ${machine}`);
    const refusal = this.refusals.shift();
    if (refusal !== undefined) throw refusal;
    return this.powered.get(machine) === to ? null : to;
  }
}
