import { type InputBehaviour } from "../core/resource.ts";
import { equal, type Json, type JsonObject } from "../core/values.ts";

/**
 * What an input would be if the program had not given it: null when the server then chooses, so that nothing it says is
 * drift; otherwise a value, and finding another one is drift.
 */
export type Unset = Record<string, Json>;

/** Writes what was found on the server into the inputs, unless the server only spells it differently. */
export function drifted(inputs: JsonObject, found: JsonObject, unset: Unset, behaviour: Record<string, InputBehaviour>): JsonObject {
  const next = { ...inputs };
  for (const [key, ifUnset] of Object.entries(unset)) {
    const given = inputs[key];
    const now = found[key];
    if (given === undefined && ifUnset === null) continue;
    // The server does not say.
    if (now === undefined) continue;
    const same = behaviour[key]?.same ?? equal;
    if (same(given ?? behaviour[key]?.default ?? ifUnset, now)) continue;
    if (equal(now, null)) Reflect.deleteProperty(next, key);
    else next[key] = now;
  }
  return next;
}

/** An import has no inputs yet: all that was found becomes one. */
export function imported(found: JsonObject, unset: Unset): JsonObject {
  return Object.fromEntries(Object.keys(unset).flatMap((key) => (found[key] === undefined || found[key] === null ? [] : [[key, found[key]]])));
}
