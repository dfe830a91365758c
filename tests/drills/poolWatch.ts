import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { paths } from "../../agents/lb/paths.ts";
import { localcloud } from "../../make/run.ts";
import { waitFor } from "../../make/wait.ts";
import type { LoadBalancer } from "./loadBalancers.ts";

const sightSchema = z.object({
  /** By `now()`: machines and drills have one kernel, so one clock. */
  at: z.number(),
  /** HAProxy's word for each server of its pool, such as `UP`, `DOWN 1/2`, `NOLB`, by the server's name. */
  states: z.record(z.string(), z.string()),
});
export type Sight = z.infer<typeof sightSchema>;

/** Whether HAProxy sends new requests to any slot of the machine. */
export function isIn(machine: string, { states }: Pick<Sight, "states">): boolean {
  return Object.entries(states).some(([server, state]) => server.startsWith(`${machine}:`) && (state.startsWith("UP") || state === "no check"));
}

/** When, at the moment or after it, the machine was first in or out of the pool; undefined when that is still to come. */
export function firstSeen(sights: readonly Sight[], machine: string, wanted: "in" | "out", since: number): number | undefined {
  const before = sights.findLast(({ at }) => at <= since);
  const known = [...(before ? [{ ...before, at: since }] : []), ...sights.filter(({ at }) => at > since)];
  return known.find((sight) => isIn(machine, sight) === (wanted === "in"))?.at;
}

/** Follows one load balancer's pool, until it is ended or the load balancer goes. */
export class PoolWatch {
  readonly name: LoadBalancer;
  readonly #child: ChildProcess;
  readonly #sights: Sight[] = [];

  /** @param commands said to HAProxy first, by its runtime API */
  constructor(name: LoadBalancer, commands: string[] = []) {
    this.name = name;
    const text = readFileSync(join(import.meta.dirname, "pool.ts"), "utf8");
    const child = spawn(process.execPath, [
      localcloud, "run", name, "--", "/opt/quickcart/runtime/node", "--input-type=module-typescript", "-e", text, "--", "--pool", paths.adminSocket, ...commands,
    ], { stdio: ["pipe", "pipe", "inherit"] });
    // It may be gone with its machine when we end it.
    child.stdin.on("error", () => undefined);
    createInterface({ input: child.stdout }).on("line", (line) => { this.#sights.push(sightSchema.parse(JSON.parse(line))); });
    this.#child = child;
  }

  /** The pool as it is now. */
  async latest(): Promise<Sight> {
    return await waitFor(async () => await Promise.resolve(this.#sights.at(-1)), { what: `${this.name}'s view of its servers`, limitMs: 20_000 });
  }

  /** Waits until the machine is seen in or out of the pool, and says when that was. */
  async when(machine: string, wanted: "in" | "out", { since, limitMs }: { since: number; limitMs: number }): Promise<number> {
    await this.latest();
    return await waitFor(async () => {
      await Promise.resolve();
      return firstSeen(this.#sights, machine, wanted, since);
    }, { what: `${machine} to be ${wanted === "in" ? "in" : "out of"} the pool of ${this.name}`, limitMs, everyMs: 50 });
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, "exit");
    this.#child.stdin?.end();
    await exit;
  }
}
