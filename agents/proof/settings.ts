import { readFile } from "node:fs/promises";
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

/** What systemd hands to the unit. */
const environmentSchema = z.object({ CREDENTIALS_DIRECTORY: z.string().min(1), STATE_DIRECTORY: z.string().min(1) });

export async function readProofSettings(environment: NodeJS.ProcessEnv): Promise<ProofSettings & { folder: string }> {
  const { CREDENTIALS_DIRECTORY, STATE_DIRECTORY } = environmentSchema.parse(environment);
  const path = `${CREDENTIALS_DIRECTORY}/proof.json`;
  try {
    return { ...parseDocument(proofSettingsSchema, await readFile(path, "utf8")), folder: STATE_DIRECTORY };
  } catch (error) {
    throw new Error(`${path}: ${String(error)}`, { cause: error });
  }
}
