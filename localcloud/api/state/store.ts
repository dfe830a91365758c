import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { messageOf, readTextIfThere, writeFileAtomic } from "../../files.ts";
import { coalesce } from "../coalesce.ts";
import { accountStateSchema, emptyAccount, type AccountState } from "./schema.ts";

/** Secrets of Spaces keys are in it. */
const mode = 0o600;

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
  return { state, save: coalesce(() => writeFileAtomic(path, JSON.stringify(state), mode)) };
}

/** Forgets everything with the process: for tests. */
export function memoryStore(state: AccountState = emptyAccount()): Store {
  return { state, save: () => Promise.resolve() };
}

async function read(path: string): Promise<AccountState> {
  const text = await readTextIfThere(path);
  if (text === null) return emptyAccount();
  const hint = "It is not touched. Put the right file back, or remove everything with `localcloud down` and begin again.";
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new Error(`The local cloud's state ${path} is not JSON: ${messageOf(error)}. ${hint}`);
  }
  const parsed = accountStateSchema.safeParse(document);
  if (!parsed.success) throw new Error(`The local cloud's state ${path} is damaged:\n${z.prettifyError(parsed.error)}\n${hint}`);
  return parsed.data;
}
