import { randomBytes } from "node:crypto";
import { z } from "zod";
import { defineResource, type InputBehaviour, type Operation, type Plugin, type ResourceType, type Stored } from "../core/resource.ts";
import { type JsonObject } from "../core/values.ts";
import { connectionSchema } from "./connection.ts";
import { runLocally } from "./localRun.ts";
import { type Captured } from "./output.ts";
import { runRemotely } from "./remoteRun.ts";

const text = z.string().optional();
const common = {
  create: text,
  update: text,
  delete: text,
  stdin: text,
  environment: z.record(z.string(), z.string()).optional(),
  triggers: z.array(z.json()).optional(),
  addPreviousOutputInEnv: z.boolean().optional(),
  logging: z.enum(["stdout", "stderr", "stdoutAndStderr", "none"]).optional(),
};

const localInputs = z.object({ ...common, dir: text, interpreter: z.array(z.string()).min(1).optional() });
const remoteInputs = z.object({ ...common, connection: connectionSchema });

/** What may show up in what a command prints. `connection` may not: it says how to get there. */
const printed = ["create", "update", "stdin", "environment"];

interface Verbs<I> {
  run(inputs: I, command: string, environment: Record<string, string>, operation: Operation): Promise<Captured>;
}

function commandResource<S extends typeof localInputs | typeof remoteInputs>(inputs: S, { run }: Verbs<z.infer<S>>): ResourceType {
  type I = z.infer<S>;
  const behaviour: Record<string, InputBehaviour> = { addPreviousOutputInEnv: { default: true }, logging: { default: "stdoutAndStderr" } };

  /** The official plugin hands a command what its predecessor printed. */
  const environmentOf = (given: I, old: Stored | null): Record<string, string> => {
    const { stdout, stderr } = old?.outputs ?? {};
    const previous = given.addPreviousOutputInEnv === false ? {} : { PULUMI_COMMAND_STDOUT: stdout, PULUMI_COMMAND_STDERR: stderr };
    const known = Object.fromEntries(Object.entries(previous).flatMap(([key, value]) => (typeof value === "string" && value !== "" ? [[key, value]] : [])));
    return { ...given.environment, ...known };
  };

  return defineResource({
    inputs,
    behaviour: behaviour as Partial<Record<keyof I & string, InputBehaviour>>,
    computed: ["stderr", "stdout"],
    changedByUpdate: ["stderr", "stdout"],
    secretOutputs: [],
    secretWith: { stdout: printed, stderr: printed },
    // Without an update command a trigger asks for a new create, and the old delete before it.
    alsoReplaces: (key, next) => key === "triggers" && next["update"] === undefined,
    async create(given, operation) {
      const id = `${operation.name}${randomBytes(4).toString("hex")}`;
      const captured = given.create === undefined ? { stdout: "", stderr: "" } : await run(given, given.create, environmentOf(given, null), operation);
      return { id, outputs: { ...(given as unknown as JsonObject), ...captured } };
    },
    async update(_id, old, given, operation) {
      const command = given.update ?? given.create;
      const { stdout = "", stderr = "" } = old.outputs;
      const captured = command === undefined ? { stdout, stderr } : await run(given, command, environmentOf(given, old), operation);
      return { ...(given as unknown as JsonObject), ...captured };
    },
    async delete(_id, stored, operation) {
      const given = inputs.parse(Object.fromEntries(Object.entries({ ...stored.outputs, ...stored.inputs }).filter(([key]) => key in inputs.shape))) as I;
      if (given.delete !== undefined) await run(given, given.delete, environmentOf(given, stored), operation);
    },
  });
}

export function command(): Plugin {
  return {
    name: "command",
    version: "1.2.1",
    secretSettings: [],
    configure: async () => undefined,
    resources: {
      "command:local:Command": commandResource(localInputs, {
        run: async (given, line, environment, operation) =>
          runLocally({ command: line, interpreter: given.interpreter, dir: given.dir, environment, stdin: given.stdin, logging: given.logging }, operation),
      }),
      "command:remote:Command": commandResource(remoteInputs, {
        run: async (given, line, environment, operation) =>
          runRemotely({ connection: given.connection, command: line, environment, stdin: given.stdin, logging: given.logging }, operation),
      }),
    },
    functions: {},
  };
}
