import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { parseDocument } from "../follow.ts";
import { storageSchema } from "../s3.ts";

export const proofSettingsSchema = z.object({
  stack: z.string().min(1),
  /** What backups are encrypted with. Secret. */
  cipher: z.string().min(1),
  /** The buckets, with keys that only read; the endpoint is that of their region. Secret. */
  repositories: z.array(storageSchema.extend({ bucket: z.string().min(1), endpoint: z.string().min(1) })).min(1),
});
export type ProofSettings = z.infer<typeof proofSettingsSchema>;

/** Root's own; the unit gets it as a credential of the same name. */
export const settingsPath = "/etc/quickcart/proof.json";

export async function readProofSettings(path: string): Promise<ProofSettings> {
  try {
    return parseDocument(proofSettingsSchema, await readFile(path, "utf8"));
  } catch (error) {
    throw new Error(`${path}: ${String(error)}`, { cause: error });
  }
}

/** What systemd hands to the unit. */
const unitSchema = z.object({
  CREDENTIALS_DIRECTORY: z.string().min(1), STATE_DIRECTORY: z.string().min(1), RUNTIME_DIRECTORY: z.string().min(1), INVOCATION_ID: z.string().min(1),
}).transform((unit) => ({
  settings: join(unit.CREDENTIALS_DIRECTORY, "proof.json"), state: unit.STATE_DIRECTORY, runtime: unit.RUNTIME_DIRECTORY, run: unit.INVOCATION_ID,
}));

/** What systemd hands to the unit that it starts for another's failure: https://www.freedesktop.org/software/systemd/man/257/systemd.exec.html */
const failureSchema = z.object({ STATE_DIRECTORY: z.string().min(1), MONITOR_INVOCATION_ID: z.string().min(1), MONITOR_SERVICE_RESULT: z.string().min(1) })
  .transform((unit) => ({ state: unit.STATE_DIRECTORY, run: unit.MONITOR_INVOCATION_ID, result: unit.MONITOR_SERVICE_RESULT }));

export type Unit = z.infer<typeof unitSchema>;
export type Failure = z.infer<typeof failureSchema>;

export const unitOf = (environment: NodeJS.ProcessEnv): Unit => unitSchema.parse(environment);
export const failureOf = (environment: NodeJS.ProcessEnv): Failure => failureSchema.parse(environment);
