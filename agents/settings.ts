import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { Bucket, type Storage, storageSchema } from "./s3.ts";

/** What systemd hands to every agent. */
const environmentSchema = z.object({
  /** Holds storage.json, readable by this unit alone. */
  CREDENTIALS_DIRECTORY: z.string().min(1),
  STATE_DIRECTORY: z.string().min(1),
});

export interface Settings {
  bucket: Bucket;
  storage: Storage;
  /** For what is to survive a reboot. */
  stateDir: string;
}

export async function readSettings(environment: NodeJS.ProcessEnv): Promise<Settings> {
  const { CREDENTIALS_DIRECTORY, STATE_DIRECTORY } = environmentSchema.parse(environment);
  const path = join(CREDENTIALS_DIRECTORY, "storage.json");
  const parsed = storageSchema.safeParse(JSON.parse(await readFile(path, "utf8")));
  if (!parsed.success) throw new Error(`${path}: ${z.prettifyError(parsed.error)}`);
  return { bucket: new Bucket(parsed.data), storage: parsed.data, stateDir: STATE_DIRECTORY };
}

/** Ends the agent's loops when systemd stops it. */
export function untilStopped(): AbortSignal {
  const stop = new AbortController();
  process.once("SIGTERM", () => stop.abort());
  process.once("SIGINT", () => stop.abort());
  return stop.signal;
}
