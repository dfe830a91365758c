import { z } from "zod";
import { faultSchema } from "./api/http/faults.ts";
import { grantSchema } from "./api/state/schema.ts";

/** A droplet's name, or its id. */
const machine = z.union([z.string().min(1), z.int().positive().transform(String)]);
const nothing = z.strictObject({});
const port = z.int().min(1).max(65535);

export const publicationSchema = z.strictObject({
  /** On 127.0.0.1 of the host. */
  port,
  /** Inside the cloud. */
  target: z.strictObject({ address: z.ipv4(), port }),
});
export type Publication = z.infer<typeof publicationSchema>;

const machineSchema = z.strictObject({
  id: z.number(),
  name: z.string(),
  /** What the API says, which after a power loss is still `active`. */
  status: z.string(),
  /** Whether it has power in truth. */
  running: z.boolean(),
  public: z.string().nullable(),
  private: z.string(),
  /** In bytes; null when it is off. */
  memory: z.number().nullable(),
});
export type MachineStatus = z.infer<typeof machineSchema>;

export const statusSchema = z.strictObject({
  /** False while it starts or stops. */
  ready: z.boolean(),
  stage: z.string(),
  pid: z.number(),
  startedAt: z.string(),
  machines: z.array(machineSchema),
  faults: z.strictObject({ api: z.array(faultSchema), storage: z.enum(["none", "refused", "unavailable"]) }),
  actionSeconds: z.number(),
  image: z.enum(["bare", "baked"]),
  published: z.array(z.strictObject({ port, to: z.string() })),
  /** Environment file of `localcloud exec`, mode 0600. */
  credentials: z.string(),
  ca: z.string(),
});
export type Status = z.infer<typeof statusSchema>;

/**
 * Everything that the running cloud can be told, once for both ends: the daemon checks what comes in by it, the client
 * what comes out, and types follow.
 */
export const operations = {
  status: { input: nothing, output: statusSchema },
  stop: { input: nothing, output: nothing },
  /** What is needed to get onto a machine from the host. */
  locate: {
    input: z.strictObject({ machine }),
    output: z.strictObject({ id: z.number(), name: z.string(), leader: z.number().nullable(), public: z.string().nullable(), private: z.string() }),
  },
  power: { input: z.strictObject({ machine, change: z.enum(["on", "off", "shutdown", "reboot", "loss"]) }), output: nothing },
  freeze: { input: z.strictObject({ machine, frozen: z.boolean() }), output: nothing },
  /** Answers once it goes on again. */
  stall: {
    input: z.strictObject({ machine, milliseconds: z.int().min(1).max(600_000) }),
    output: z.strictObject({ milliseconds: z.number() }),
  },
  fill: { input: z.strictObject({ machine, full: z.boolean() }), output: nothing },
  console: {
    input: z.strictObject({ machine, bytes: z.int().min(1).max(1_000_000).default(20_000) }),
    output: z.strictObject({ text: z.string() }),
  },
  partition: {
    input: z.strictObject({
      from: machine,
      /** null: from everything. */
      to: machine.nullable(),
      only: z.strictObject({ protocol: z.enum(["tcp", "udp"]), port }).nullable().default(null),
    }),
    output: nothing,
  },
  heal: { input: z.strictObject({ machine: machine.nullable() }), output: nothing },
  lose: { input: z.strictObject({ machine, percent: z.number().min(0).max(100) }), output: nothing },
  apiFault: { input: faultSchema, output: nothing },
  apiHeal: { input: nothing, output: nothing },
  actionTime: { input: z.strictObject({ seconds: z.number().min(0).max(600) }), output: nothing },
  storageFault: { input: z.strictObject({ fault: z.enum(["none", "refused", "unavailable"]) }), output: nothing },
  image: { input: z.strictObject({ kind: z.enum(["bare", "baked"]) }), output: nothing },
  token: {
    input: z.strictObject({ name: z.string().min(1), scopes: z.array(z.string().min(1)).min(1) }),
    output: z.strictObject({ token: z.string() }),
  },
  /** Null when the API does not know it, or no more. */
  tokenScopes: { input: z.strictObject({ token: z.string() }), output: z.strictObject({ scopes: z.array(z.string()).nullable() }) },
  spacesKey: {
    input: z.strictObject({ name: z.string().min(1), grants: z.array(grantSchema).min(1) }),
    output: z.strictObject({ accessKey: z.string(), secretKey: z.string() }),
  },
  publish: { input: publicationSchema, output: nothing },
  unpublish: { input: z.strictObject({ port }), output: z.strictObject({ was: z.boolean() }) },
} as const satisfies Record<string, { input: z.ZodType; output: z.ZodType }>;

export type OperationName = keyof typeof operations;
/** As the caller gives it. */
export type Input<K extends OperationName> = z.input<(typeof operations)[K]["input"]>;
/** As the daemon gets it, defaults filled in. */
export type Parsed<K extends OperationName> = z.output<(typeof operations)[K]["input"]>;
export type Output<K extends OperationName> = z.output<(typeof operations)[K]["output"]>;

export const replySchema = z.discriminatedUnion("ok", [
  z.strictObject({ ok: z.literal(true), result: z.unknown() }),
  z.strictObject({ ok: z.literal(false), error: z.string() }),
]);

/** No request of the control socket is longer. */
export const maxRequest = 256 * 1024;
