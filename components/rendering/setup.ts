import { createHash } from "node:crypto";
import { databaseSetup } from "./databaseFiles.ts";
import type { RenderedFile } from "./renderedFile.ts";
import type { Role } from "./role.ts";
import { writingScript } from "./revision.ts";

/** What a machine fetches of its own configuration: no secret is in it, for every machine of the stack can read it. */
export interface Setup {
  /** In the bucket; named by the content, so that who fetches it can check it. */
  readonly key: string;
  readonly content: string;
}

/** Null where user-data holds everything. */
export function setupOf(role: Role): Setup | null {
  const files = setupFilesOf(role);
  if (files.length === 0) return null;
  const content = writingScript(files);
  return { key: `setup/${role.name}-${createHash("sha256").update(content).digest("hex")}.sh`, content };
}

export function setupFilesOf(role: Role): RenderedFile[] {
  return role.tier === "db" ? databaseSetup(role) : [];
}
