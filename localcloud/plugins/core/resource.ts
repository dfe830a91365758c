import { type z } from "zod";
import { type Json, type JsonObject } from "./values.ts";

export type Severity = "debug" | "info" | "warning" | "error";

/** What a resource's operation is told beside its inputs. */
export interface Operation {
  urn: string;
  /** The resource's name in the program. */
  name: string;
  /** As set by `customTimeouts`; undefined leaves it to the resource. */
  timeoutMs: number | undefined;
  /** Aborted when the engine cancels the update. */
  signal: AbortSignal;
  /** Shown beside the resource at once; `ephemeral` lines only while the operation runs. */
  log(severity: Severity, message: string, ephemeral?: boolean): void;
}

/** How one input behaves when it changes. The default: an update in place, equal only when exactly equal. */
export interface InputBehaviour {
  /** The server cannot change it: a new resource takes the old one's place. */
  replaces?: boolean | ((old: Json | undefined, next: Json | undefined) => boolean);
  /** What the official plugin fills in; a value equal to it is no change against none. */
  default?: Json;
  /** When the server treats two spellings as one. */
  same?: (a: Json | undefined, b: Json | undefined) => boolean;
}

export interface Stored {
  inputs: JsonObject;
  outputs: JsonObject;
}

export interface Created {
  id: string;
  outputs: JsonObject;
}

/** A type of resource as the server sees it: whatever the type, JSON goes in and out. */
export interface ResourceType {
  shape: Record<string, z.ZodType>;
  behaviour: Record<string, InputBehaviour>;
  /** Given a name of its own when the program gives none: the resource's, with a random tail. */
  autoNamed: boolean;
  /** The official bridge deletes a resource whose name was given before it makes the new one, for names may be unique. */
  deleteBeforeReplace: "never" | "named";
  /** Outputs that nobody knows before the resource is made. */
  computed: readonly string[];
  /** Those of them that an update may change. */
  changedByUpdate: readonly string[];
  /** Outputs that are secrets whatever the inputs were. */
  secretOutputs: readonly string[];
  /** Outputs that are secrets when one of these inputs is one. */
  secretWith: Record<string, readonly string[]>;
  /** Why the resource must be replaced though no input changed, as the output to blame; null when it need not. */
  outdated(stored: Stored): string | null;
  /** Whether a changed input forces a replacement, where that hangs on the other inputs. */
  alsoReplaces(key: string, next: JsonObject): boolean;
  create(inputs: JsonObject, operation: Operation): Promise<Created>;
  /** null: it is gone. `inputs` as they would have to be written to get what was found. */
  read(id: string, stored: Stored, operation: Operation): Promise<Stored | null>;
  update(id: string, old: Stored, inputs: JsonObject, operation: Operation): Promise<JsonObject>;
  delete(id: string, stored: Stored, operation: Operation): Promise<void>;
}

interface Definition<S extends z.ZodObject> {
  inputs: S;
  behaviour?: Partial<Record<keyof z.infer<S> & string, InputBehaviour>>;
  autoNamed?: boolean;
  deleteBeforeReplace?: "never" | "named";
  computed?: readonly string[];
  changedByUpdate?: readonly string[];
  secretOutputs?: readonly string[];
  secretWith?: Record<string, readonly string[]>;
  outdated?: (stored: Stored) => string | null;
  alsoReplaces?: (key: string, next: JsonObject) => boolean;
  create(inputs: z.infer<S>, operation: Operation): Promise<Created>;
  /** Left out by resources that live in the state only. */
  read?: (id: string, stored: Stored, operation: Operation) => Promise<Stored | null>;
  /** Left out by resources that are replaced by any change. */
  update?: (id: string, old: Stored, inputs: z.infer<S>, operation: Operation) => Promise<JsonObject>;
  /** Left out by resources that live in the state only. */
  delete?: (id: string, stored: Stored, operation: Operation) => Promise<void>;
}

/** Gives a type's functions typed inputs: they are parsed once, here. */
export function defineResource<S extends z.ZodObject>(definition: Definition<S>): ResourceType {
  const parse = (inputs: JsonObject): z.infer<S> => definition.inputs.parse(inputs);
  return {
    shape: definition.inputs.shape as Record<string, z.ZodType>,
    behaviour: Object.fromEntries(Object.entries(definition.behaviour ?? {}).flatMap(([key, value]) => (value ? [[key, value as InputBehaviour]] : []))),
    autoNamed: definition.autoNamed ?? false,
    deleteBeforeReplace: definition.deleteBeforeReplace ?? "never",
    computed: definition.computed ?? [],
    changedByUpdate: definition.changedByUpdate ?? [],
    secretOutputs: definition.secretOutputs ?? [],
    secretWith: definition.secretWith ?? {},
    outdated: definition.outdated ?? (() => null),
    alsoReplaces: definition.alsoReplaces ?? (() => false),
    create: async (inputs, operation) => definition.create(parse(inputs), operation),
    read: async (id, stored, operation) => (definition.read ? definition.read(id, stored, operation) : stored),
    update: async (id, old, inputs, operation) =>
      definition.update ? definition.update(id, old, parse(inputs), operation) : { ...old.outputs, ...inputs },
    delete: async (id, stored, operation) => definition.delete?.(id, stored, operation),
  };
}

/** The resource exists but did not become what it should: the engine keeps it in the state, so that it can be deleted. */
export class InitFailed extends Error {
  readonly id: string;
  readonly outputs: JsonObject;

  constructor(id: string, outputs: JsonObject, reason: string) {
    super(reason);
    this.id = id;
    this.outputs = outputs;
  }
}

export type InvokeFunction = (args: JsonObject, operation: Operation) => Promise<JsonObject>;

/** One provider plugin. */
export interface Plugin {
  name: string;
  version: string;
  /** Settings of the provider that are secret. */
  secretSettings: readonly string[];
  /** Throws with every fault found. Called before anything else, with the provider's settings out of the stack's config or the program. */
  configure(settings: JsonObject): Promise<void>;
  resources: Record<string, ResourceType>;
  functions: Record<string, InvokeFunction>;
}
