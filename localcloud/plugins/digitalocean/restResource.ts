import { z } from "zod";
import { defineResource, type InputBehaviour, type Operation, type ResourceType, type Stored } from "../core/resource.ts";
import { type JsonObject } from "../core/values.ts";
import { type Api, ApiError, isNotFound } from "./api.ts";
import { drifted, imported, type Unset } from "./drift.ts";

/** One row of the table: how a type of resource maps to one collection of the API. */
export interface RestRow<S extends z.ZodObject, A> {
  inputs: S;
  behaviour: Partial<Record<keyof z.infer<S> & string, InputBehaviour>>;
  autoNamed?: boolean;
  /** E.g. `/v2/vpcs`. */
  path: string;
  /** The answer's only key, e.g. `vpc`. */
  envelope: string;
  answer: z.ZodType<A>;
  id(answer: A): string;
  outputs(answer: A): JsonObject;
  /** What of the outputs is the answer's alone. */
  computed: readonly string[];
  changedByUpdate?: readonly string[];
  secretOutputs?: readonly string[];
  createBody(inputs: z.infer<S>): JsonObject;
  /** Left out when nothing can be changed. */
  updateBody?(inputs: z.infer<S>, old: Stored): JsonObject;
  /** How often the official plugin reads it back after a create. */
  readsAfterCreate: 0 | 1 | 2;
  readsAfterUpdate: 0 | 1;
  /** Which inputs a refresh reads back. */
  unset: Unset;
  deleteBeforeReplace: "never" | "named";
  /** Refusals of a DELETE that pass with time. */
  deleteRetriesOn?: number;
}

/** As long as the official plugin retries the deletion of a VPC that still has members. */
const deletePatienceMs = 120_000;

export function restResource<S extends z.ZodObject, A>(api: () => Api, row: RestRow<S, A>): ResourceType {
  const envelope = z.object({ [row.envelope]: row.answer });
  const at = (id: string): string => `${row.path}/${encodeURIComponent(id).replaceAll("%3A", ":")}`;

  async function ask(method: string, path: string, { signal }: Operation, body?: JsonObject): Promise<A> {
    return row.answer.parse((await api().call(envelope, method, path, signal, body))[row.envelope]);
  }

  async function remove(id: string, operation: Operation): Promise<void> {
    const { clock, call } = api();
    const began = clock.now();
    for (let wait = 500; ; wait *= 2) {
      try {
        await call(z.unknown(), "DELETE", at(id), operation.signal);
        return;
      } catch (error) {
        const passes = error instanceof ApiError && error.status === row.deleteRetriesOn;
        if (!passes || clock.now() - began + wait > deletePatienceMs) throw error;
        await clock.sleep(wait, operation.signal);
      }
    }
  }

  return defineResource({
    inputs: row.inputs,
    behaviour: row.behaviour,
    autoNamed: row.autoNamed ?? true,
    deleteBeforeReplace: row.deleteBeforeReplace,
    computed: row.computed,
    changedByUpdate: row.changedByUpdate ?? [],
    secretOutputs: row.secretOutputs ?? [],
    async create(inputs, operation) {
      let answer = await ask("POST", row.path, operation, row.createBody(inputs));
      // A secret that is told once must not be lost with the answer that tells it.
      const told = row.outputs(answer);
      const id = row.id(answer);
      for (let i = 0; i < row.readsAfterCreate; i += 1) answer = await ask("GET", at(id), operation);
      return { id, outputs: { ...toJson(inputs), ...told, ...row.outputs(answer) } };
    },
    async read(id, stored, operation) {
      try {
        const found = row.outputs(await ask("GET", at(id), operation));
        const known = Object.keys(stored.inputs).length > 0;
        const inputs = known ? drifted(stored.inputs, found, row.unset, row.behaviour as Record<string, InputBehaviour>) : imported(found, row.unset);
        return { inputs, outputs: { ...stored.outputs, ...found } };
      } catch (error) {
        if (isNotFound(error)) return null;
        throw error;
      }
    },
    async update(id, old, inputs, operation) {
      if (!row.updateBody) return { ...old.outputs, ...toJson(inputs) };
      let answer = await ask("PUT", at(id), operation, row.updateBody(inputs, old));
      for (let i = 0; i < row.readsAfterUpdate; i += 1) answer = await ask("GET", at(id), operation);
      const kept = Object.fromEntries(Object.entries(old.outputs).filter(([key]) => !(key in old.inputs)));
      return { ...kept, ...toJson(inputs), ...row.outputs(answer) };
    },
    async delete(id, _stored, operation) {
      await remove(id, operation);
    },
  });
}

/** Inputs came out of JSON; parsing them only told us their types. */
export function toJson(inputs: object): JsonObject {
  return Object.fromEntries(Object.entries(inputs as JsonObject).filter(([, value]) => value !== undefined));
}
