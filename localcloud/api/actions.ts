import { messageOf } from "../files.ts";
import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";
import type { Settings } from "./settings.ts";
import type { AccountState, Action } from "./state/schema.ts";

export interface ActionsParts {
  state: AccountState;
  clock: Clock;
  settings: Settings;
  log: Log;
  save(): Promise<void>;
  /** What a timed action does once its time has come; rejects with the reason why it could not. */
  effect(action: Action): Promise<void>;
}

export type ActionInput = Pick<Action, "type" | "resourceType" | "resourceId" | "region" | "dropletId"> & { detail?: Action["detail"] };

/** Finished actions beyond this many are forgotten, oldest first. */
const keptActions = 500;

/**
 * Actions progress by their own clock, whether or not anybody asks for them: in-progress, then completed or errored. Those
 * that were under way when the daemon died go on when it is back.
 */
export class Actions {
  readonly #parts: ActionsParts;
  readonly #timers = new Map<number, () => void>();
  readonly #running = new Map<number, Promise<void>>();

  constructor(parts: ActionsParts) {
    this.#parts = parts;
  }

  /** Has its effect after the time that the settings say. */
  begin(input: ActionInput): Action {
    const action = this.#record(input, this.#parts.settings.actionSeconds * 1000);
    this.#schedule(action);
    return action;
  }

  /** Ends when `complete` or `fail` says so. */
  beginUntimed(input: ActionInput): Action {
    return this.#record(input, 0);
  }

  find(id: number): Action | null {
    return this.#parts.state.actions.find((action) => action.id === id) ?? null;
  }

  isBusy(dropletId: number): boolean {
    return this.#parts.state.actions.some((action) => action.status === "in-progress" && action.dropletId === dropletId);
  }

  complete(action: Action): void {
    this.#end(action, "completed", null);
  }

  fail(action: Action, reason: string): void {
    this.#end(action, "errored", reason);
  }

  /** Ends what is under way on a resource that goes away; resolves once no effect is at work on it any more. */
  async abandon(concerns: (action: Action) => boolean, reason: string): Promise<void> {
    const concerned = this.#parts.state.actions.filter((action) => action.status === "in-progress" && concerns(action));
    for (const action of concerned) this.fail(action, reason);
    await Promise.all(concerned.map((action) => this.#running.get(action.id)));
  }

  /** After a restart: everything timed goes on; what is overdue happens at once. */
  resume(): void {
    for (const action of this.#parts.state.actions) {
      if (action.status === "in-progress" && action.type !== "create") this.#schedule(action);
    }
  }

  /** Resolves once nothing is at work; timers that have not struck stay in the state for the next start. */
  async stop(): Promise<void> {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    await Promise.all(this.#running.values());
  }

  #record(input: ActionInput, milliseconds: number): Action {
    const { state, clock } = this.#parts;
    const now = clock.now();
    const action: Action = {
      ...input,
      id: state.nextId.action,
      status: "in-progress",
      startedAt: now,
      completedAt: null,
      dueAt: now + milliseconds,
      detail: input.detail ?? {},
      reason: null,
    };
    state.nextId.action += 1;
    state.actions.push(action);
    this.#forgetOld();
    return action;
  }

  #forgetOld(): void {
    const { actions } = this.#parts.state;
    if (actions.length <= keptActions) return;
    const finished = actions.findIndex((action) => action.status !== "in-progress");
    if (finished >= 0) actions.splice(finished, 1);
  }

  #schedule(action: Action): void {
    const { clock } = this.#parts;
    const cancel = clock.after(Math.max(0, action.dueAt - clock.now()), () => {
      this.#timers.delete(action.id);
      const run = this.#run(action).finally(() => this.#running.delete(action.id));
      this.#running.set(action.id, run);
    });
    this.#timers.set(action.id, cancel);
  }

  async #run(action: Action): Promise<void> {
    const { effect, save, log } = this.#parts;
    if (action.status !== "in-progress") return;
    try {
      await effect(action);
      if (action.status === "in-progress") this.complete(action);
    } catch (error) {
      if (action.status === "in-progress") this.fail(action, messageOf(error));
    }
    await save().catch((error: unknown) => log({ level: "error", message: `The state was not written: ${messageOf(error)}` }));
  }

  #end(action: Action, status: "completed" | "errored", reason: string | null): void {
    action.status = status;
    action.completedAt = this.#parts.clock.now();
    action.reason = reason;
    this.#timers.get(action.id)?.();
    this.#timers.delete(action.id);
    if (reason !== null) {
      this.#parts.log({
        level: "warn", message: `Action ${action.type} errored: ${reason}`, action: action.id, resource: action.resourceId,
      });
    }
  }
}
