import { check, type CheckFailure, defaultsKey } from "./check.ts";
import { type Difference, difference } from "./diff.ts";
import { redact } from "./redact.ts";
import { InitFailed, type Operation, type Plugin, type ResourceType, type Severity } from "./resource.ts";
import { conceal, hasUnknown, isObject, type JsonObject, reveal, UNKNOWN } from "./values.ts";

/** Which resource a request is about. */
export interface Subject {
  urn: string;
  id: string;
  oldInputs: JsonObject;
  oldOutputs: JsonObject;
  next: JsonObject;
  timeoutSeconds: number;
}

export interface Host {
  signal: AbortSignal;
  log(severity: Severity, message: string, urn: string, ephemeral: boolean): void;
  flush(): Promise<void>;
}

/** What the engine asks of a plugin, in JSON: no gRPC here, so that tests can ask the same. */
export interface Handlers {
  configure(settings: JsonObject): Promise<void>;
  check(subject: Subject, autoName: { seed: Uint8Array; proposed: string | null }): { inputs: JsonObject; failures: CheckFailure[] };
  diff(subject: Subject, ignored: readonly string[]): Difference;
  create(subject: Subject, preview: boolean): Promise<{ id: string; outputs: JsonObject }>;
  read(subject: Subject): Promise<{ id: string; inputs: JsonObject; outputs: JsonObject }>;
  update(subject: Subject, preview: boolean): Promise<JsonObject>;
  delete(subject: Subject): Promise<void>;
  invoke(token: string, args: JsonObject): Promise<JsonObject>;
}

export function createHandlers(plugin: Plugin, host: Host): Handlers {
  function typeOf(urn: string): ResourceType {
    const token = urn.split("::")[2]?.split("$").at(-1) ?? "";
    const type = plugin.resources[token];
    if (type) return type;
    throw new Error(
      `The local cloud's stand-in for the ${plugin.name} plugin has no '${token}'. It knows ${Object.keys(plugin.resources).sort().join(", ")}; ` +
      "add the type to localcloud/plugins, or use the official plugin.",
    );
  }

  /** Runs an operation with a log and errors that hold no secret, and that say which resource they are about. */
  async function run<T>(urn: string, verb: string, timeoutSeconds: number, bags: JsonObject[], work: (operation: Operation) => Promise<T>): Promise<T> {
    const secrets = new Set(bags.flatMap((bag) => [...reveal(bag).secretTexts]));
    const name = urn.split("::").at(-1) ?? urn;
    const kind = urn.split("::")[2]?.split(":").at(-1) ?? "";
    const limit = timeoutSeconds > 0 ? AbortSignal.timeout(timeoutSeconds * 1000) : null;
    try {
      return await work({
        urn,
        name,
        timeoutMs: timeoutSeconds > 0 ? timeoutSeconds * 1000 : undefined,
        signal: limit ? AbortSignal.any([host.signal, limit]) : host.signal,
        log: (severity, message, ephemeral = false) => { host.log(severity, redact(message, secrets), urn, ephemeral); },
      });
    } catch (error) {
      const reason = redact(error instanceof Error ? error.message : String(error), secrets);
      const message = limit?.aborted ? `not done within the ${timeoutSeconds} s that customTimeouts allows: ${reason}` : reason;
      const told = urn === "" ? `${verb}: ${message}` : `${verb} ${kind} '${name}': ${message}`;
      throw error instanceof InitFailed ? new InitFailed(error.id, error.outputs, told) : new Error(told, { cause: error });
    } finally {
      await host.flush();
    }
  }

  return {
    configure: async (settings) => plugin.configure(reveal(settings).values),

    check(subject, autoName) {
      const type = typeOf(subject.urn);
      const resource = subject.urn.split("::").at(-1) ?? "resource";
      const { defaults, failures } = check(type, reveal(subject.oldInputs).values, reveal(subject.next).values, { resource, ...autoName });
      // The engine's own copy is returned, not the revealed one: its marks of secrets stay where they were.
      return { inputs: { ...withoutNulls(subject.next), ...defaults, [defaultsKey]: Object.keys(defaults).sort() }, failures };
    },

    diff(subject, ignored) {
      const old = { inputs: reveal(subject.oldInputs).values, outputs: reveal(subject.oldOutputs).values };
      return difference(typeOf(subject.urn), old, reveal(subject.next).values, ignored);
    },

    async create(subject, preview) {
      const type = typeOf(subject.urn);
      const { values, secretKeys } = reveal(subject.next);
      const secrets = secretOutputs(type, secretKeys);
      if (preview) return { id: "", outputs: conceal({ ...withoutMeta(values), ...unknowns(type.computed, values) }, secrets) };
      return run(subject.urn, "creating", subject.timeoutSeconds, [subject.next], async (operation) => {
        try {
          const { id, outputs } = await type.create(withoutMeta(values), operation);
          return { id, outputs: conceal(withoutNulls(outputs), secrets) };
        } catch (error) {
          if (error instanceof InitFailed) throw new InitFailed(error.id, conceal(withoutNulls(error.outputs), secrets), error.message);
          throw error;
        }
      });
    },

    async read(subject) {
      const type = typeOf(subject.urn);
      const inputs = reveal(subject.oldInputs);
      const outputs = reveal(subject.oldOutputs);
      const secretKeys = new Set([...inputs.secretKeys, ...outputs.secretKeys]);
      return run(subject.urn, "reading", subject.timeoutSeconds, [subject.oldInputs, subject.oldOutputs], async (operation) => {
        const found = await type.read(subject.id, { inputs: withoutMeta(inputs.values), outputs: outputs.values }, operation);
        if (found === null) return { id: "", inputs: {}, outputs: {} };
        const meta = inputs.values[defaultsKey];
        return {
          id: subject.id,
          inputs: conceal({ ...withoutNulls(found.inputs), ...(meta === undefined ? {} : { [defaultsKey]: meta }) }, inputs.secretKeys),
          outputs: conceal(withoutNulls(found.outputs), secretOutputs(type, secretKeys)),
        };
      });
    },

    async update(subject, preview) {
      const type = typeOf(subject.urn);
      const next = reveal(subject.next);
      const old = { inputs: withoutMeta(reveal(subject.oldInputs).values), outputs: reveal(subject.oldOutputs).values };
      const secrets = secretOutputs(type, next.secretKeys);
      if (preview) {
        const known = Object.fromEntries(type.computed.flatMap((key) => (key in old.outputs ? [[key, old.outputs[key] ?? null]] : [])));
        return conceal({ ...known, ...withoutMeta(next.values), ...unknowns(type.changedByUpdate, next.values) }, secrets);
      }
      return run(subject.urn, "updating", subject.timeoutSeconds, [subject.next, subject.oldInputs], async (operation) =>
        conceal(withoutNulls(await type.update(subject.id, old, withoutMeta(next.values), operation)), secrets));
    },

    async delete(subject) {
      const type = typeOf(subject.urn);
      const stored = { inputs: withoutMeta(reveal(subject.oldInputs).values), outputs: reveal(subject.oldOutputs).values };
      await run(subject.urn, "deleting", subject.timeoutSeconds, [subject.oldInputs, subject.oldOutputs], async (operation) =>
        type.delete(subject.id, stored, operation));
    },

    async invoke(token, args) {
      const call = plugin.functions[token];
      if (!call) throw new Error(`The local cloud's stand-in for the ${plugin.name} plugin has no function '${token}'. It knows ${Object.keys(plugin.functions).sort().join(", ") || "none"}.`);
      const { values } = reveal(args);
      if (hasUnknown(values)) return {};
      return run("", `calling ${token}`, 0, [args], async (operation) => withoutNulls(await call(values, operation)));
    },
  };
}

function secretOutputs(type: ResourceType, secretInputs: ReadonlySet<string>): Set<string> {
  const derived = Object.entries(type.secretWith).filter(([, sources]) => sources.some((source) => secretInputs.has(source))).map(([output]) => output);
  return new Set([...secretInputs, ...type.secretOutputs, ...derived]);
}

function unknowns(keys: readonly string[], given: JsonObject): JsonObject {
  return Object.fromEntries(keys.filter((key) => given[key] === undefined).map((key) => [key, UNKNOWN]));
}

function withoutMeta(bag: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(bag).filter(([key]) => key !== defaultsKey));
}

/** Pulumi knows no null properties, only missing ones. */
function withoutNulls(bag: JsonObject): JsonObject {
  const clean = (value: JsonObject[string]): JsonObject[string] =>
    Array.isArray(value) ? value.map(clean) : isObject(value) ? withoutNulls(value) : value;
  return Object.fromEntries(Object.entries(bag).filter(([, value]) => value !== null).map(([key, value]) => [key, clean(value)]));
}
