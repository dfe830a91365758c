import { type Change } from "../../../localcloud/plugins/core/diff.ts";
import { createHandlers, type Handlers, type Subject } from "../../../localcloud/plugins/core/handlers.ts";
import { type Plugin } from "../../../localcloud/plugins/core/resource.ts";
import { type JsonObject } from "../../../localcloud/plugins/core/values.ts";

export interface Resource { urn: string; id: string; inputs: JsonObject; outputs: JsonObject }

/** Plays the engine's part for one plugin: the same calls in the same order, without gRPC. */
export interface Stage {
  handlers: Handlers;
  log: string[];
  /** Makes it, changes it, replaces it or leaves it, as `pulumi up` would; returns what changed. */
  up(type: string, name: string, inputs: JsonObject): Promise<Change[]>;
  /** Returns what a following `up` of the same program would change. */
  refresh(name: string): Promise<Change[]>;
  destroy(name: string): Promise<void>;
  /** Whether the resource is in the state. */
  has(name: string): boolean;
  get(name: string): Resource;
}

export function createStage(plugin: Plugin): Stage {
  const state = new Map<string, Resource>();
  const log: string[] = [];
  const abort = new AbortController();
  const handlers = createHandlers(plugin, { signal: abort.signal, log: (severity, message) => { log.push(`${severity}: ${message}`); }, flush: async () => undefined });

  const get = (name: string): Resource => {
    const found = state.get(name);
    if (!found) throw new Error(`there is no ${name} in the state`);
    return found;
  };
  const subject = (urn: string, given: Partial<Subject>): Subject => ({ urn, id: "", oldInputs: {}, oldOutputs: {}, next: {}, timeoutSeconds: 0, ...given });
  const old = ({ urn, id, inputs, outputs }: Resource, next: JsonObject = {}): Subject => subject(urn, { id, oldInputs: inputs, oldOutputs: outputs, next });

  async function create(urn: string, name: string, inputs: JsonObject): Promise<void> {
    const { id, outputs } = await handlers.create(subject(urn, { next: inputs }), false);
    state.set(name, { urn, id, inputs, outputs });
  }

  return {
    handlers,
    log,
    get,
    has: (name) => state.has(name),
    async up(type, name, given) {
      const urn = `urn:pulumi:dev::tests::${type}::${name}`;
      const existing = state.get(name);
      const { inputs, failures } = handlers.check(subject(urn, { oldInputs: existing?.inputs ?? {}, next: given }), { seed: new Uint8Array(), proposed: null });
      if (failures.length > 0) throw new Error(failures.map(({ reason }) => reason).join("\n"));
      if (!existing) {
        await create(urn, name, inputs);
        return [];
      }
      const { changes, deleteBeforeReplace } = handlers.diff(old(existing, inputs), []);
      if (changes.some((change) => change.replaces)) {
        if (deleteBeforeReplace) await handlers.delete(old(existing));
        await create(urn, name, inputs);
        if (!deleteBeforeReplace) await handlers.delete(old(existing));
      } else if (changes.length > 0) {
        state.set(name, { ...existing, inputs, outputs: await handlers.update(old(existing, inputs), false) });
      }
      return changes;
    },
    async refresh(name) {
      const before = get(name);
      const found = await handlers.read(old(before));
      if (found.id === "") {
        state.delete(name);
        return [];
      }
      state.set(name, { ...before, inputs: found.inputs, outputs: found.outputs });
      return handlers.diff(old(get(name), before.inputs), []).changes;
    },
    async destroy(name) {
      await handlers.delete(old(get(name)));
      state.delete(name);
    },
  };
}
