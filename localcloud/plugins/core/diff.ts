import { defaultsKey } from "./check.ts";
import { type ResourceType, type Stored } from "./resource.ts";
import { equal, type JsonObject } from "./values.ts";

export interface Change {
  key: string;
  kind: "add" | "update" | "delete";
  replaces: boolean;
  /** Whether an input changed, or an output went stale. */
  input: boolean;
}

export interface Difference {
  changes: Change[];
  deleteBeforeReplace: boolean;
}

/**
 * Compares inputs with inputs: a refresh writes what it finds into the old ones, so that drift is seen too, and what the
 * server spells differently is not. `ignored`: top-level names, which the engine has already put back to their old values.
 */
export function difference(type: ResourceType, old: Stored, next: JsonObject, ignored: readonly string[]): Difference {
  const keys = [...new Set([...Object.keys(old.inputs), ...Object.keys(next)])]
    .filter((key) => key !== defaultsKey && !ignored.includes(key))
    .sort();
  const changes = keys.flatMap((key) => compare(type, key, old.inputs, next));
  const stale = type.outdated(old);
  if (stale !== null) changes.push({ key: stale, kind: "update", replaces: true, input: false });
  return { changes, deleteBeforeReplace: changes.some((change) => change.replaces) && mustGoFirst(type, next) };
}

function compare(type: ResourceType, key: string, oldInputs: JsonObject, next: JsonObject): Change[] {
  const behaviour = type.behaviour[key] ?? {};
  const before = oldInputs[key];
  const after = next[key];
  const same = behaviour.same ?? equal;
  if (same(before ?? behaviour.default, after ?? behaviour.default)) return [];
  const replaces = typeof behaviour.replaces === "function" ? behaviour.replaces(before, after) : (behaviour.replaces ?? false);
  return [{
    key,
    kind: before === undefined ? "add" : after === undefined ? "delete" : "update",
    replaces: replaces || type.alsoReplaces(key, next),
    input: true,
  }];
}

function mustGoFirst(type: ResourceType, next: JsonObject): boolean {
  if (type.deleteBeforeReplace === "never") return false;
  const filledIn = next[defaultsKey];
  return !(Array.isArray(filledIn) && filledIn.includes("name"));
}
