import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/** Debian policy 5.6.1: lower case, digits, plus, minus, dot. */
const packageName = z.string().regex(/^[a-z0-9][a-z0-9+.-]+$/, { error: (issue) => `${JSON.stringify(issue.input)} is no Debian package's name` });

const schema = z.strictObject({ base: z.array(packageName) }).catchall(z.array(packageName));

/** The packages of all machines (`base`) and of each role beside them. */
export type RolePackages = Record<string, string[]>;

export const packagesFile = join(import.meta.dirname, "..", "..", "templates", "packages.json");

export function readPackages(path: string = packagesFile): RolePackages {
  return parsePackages(JSON.parse(readFileSync(path, "utf8")), path);
}

export function parsePackages(value: unknown, path: string): RolePackages {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Error(`${path}: ${parsed.error.issues.map((issue) => `${issue.path.join(".") || "(root)"}: ${issue.message}`).join("; ")}`);
}

/** Each once, in a fixed order: one image serves every role. */
export function allPackages(packages: RolePackages): string[] {
  return [...new Set(Object.values(packages).flat())].sort();
}
