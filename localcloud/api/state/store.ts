import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { coalesce } from "../coalesce.ts";
import { accountStateSchema, emptyAccount, type AccountState } from "./schema.ts";

/** Where the account's state lives between two lives of the daemon. */
export interface Store {
  readonly state: AccountState;
  /** Resolves once everything that the state holds at this moment is on the disk. */
  save(): Promise<void>;
}

/** Reads the file, or begins an empty account when there is none. Throws when the file is not what this program wrote. */
export async function openStore(path: string): Promise<Store> {
  const state = await read(path);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  return { state, save: coalesce(() => write(path, state)) };
}

/** Forgets everything with the process: for tests. */
export function memoryStore(state: AccountState = emptyAccount()): Store {
  return { state, save: () => Promise.resolve() };
}

async function read(path: string): Promise<AccountState> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return emptyAccount();
    throw error;
  }
  const hint = "It is not touched. Put the right file back, or remove everything with `localcloud down` and begin again.";
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new Error(`The local cloud's state ${path} is not JSON: ${error instanceof Error ? error.message : String(error)}. ${hint}`);
  }
  const parsed = accountStateSchema.safeParse(document);
  if (!parsed.success) throw new Error(`The local cloud's state ${path} is damaged:\n${z.prettifyError(parsed.error)}\n${hint}`);
  return parsed.data;
}

/** Secrets of Spaces keys are in it, hence the mode. A reader sees the old file or the new one, also after a power cut. */
async function write(path: string, state: AccountState): Promise<void> {
  const temporary = `${path}.new`;
  const text = JSON.stringify(state);
  const file = await open(temporary, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
