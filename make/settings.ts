import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { root } from "./run.ts";
import { UserError } from "./steps.ts";

const fileSchema = z.looseObject({ config: z.record(z.string(), z.unknown()).default({}) });

/** Every value of a stack's settings file, by its full key such as `quickcart:region`; secrets as `{ secure: ... }`. */
export type StackConfig = Record<string, unknown>;

/**
 * What a stack's settings file says, secrets still encrypted.
 * @throws UserError when there is no such stack, naming those that there are
 */
export function readStackConfig(stack: string, folder = root): StackConfig {
  const path = join(folder, `Pulumi.${stack}.yaml`);
  if (!/^[a-z][a-z0-9-]*$/.test(stack) || !existsSync(path)) {
    const known = readdirSync(folder).flatMap((name) => /^Pulumi\.([a-z][a-z0-9-]*)\.yaml$/.exec(name)?.[1] ?? []);
    const wrong = stack === "" ? "STACK is missing" : `there is no stack ${JSON.stringify(stack)}: no file Pulumi.${stack}.yaml`;
    throw new UserError(`${wrong}. There are: ${known.join(", ")}. Say which, e.g. STACK=prod`);
  }
  const parsed = fileSchema.safeParse(parse(readFileSync(path, "utf8")));
  if (!parsed.success) throw new UserError(`Pulumi.${stack}.yaml is no settings file:\n${z.prettifyError(parsed.error)}`);
  return parsed.data.config;
}

/** Values of RFC 2606 and 5737, for documentation: nobody's name, nobody's addresses, nobody's token. */
const userSettings: Record<string, { stand: unknown; how: string }> = {
  "quickcart:adminCidrs": { stand: ["203.0.113.0/24"], how: "pulumi config set --path 'quickcart:adminCidrs[0]' 203.0.113.7/32" },
  "quickcart:hostName": { stand: "www.example.com", how: "pulumi config set quickcart:hostName www.example.com" },
  "quickcart:addressToken": { stand: "token-of-nobody", how: "pulumi config set --secret quickcart:addressToken" },
};

/** The two are given together or not at all; without them the stack's own authority issues one. */
const certificateKeys = ["quickcart:certificate", "quickcart:certificateKey"];

export interface Filled {
  config: StackConfig;
  /** Settings that are not there and are their user's to set. */
  missing: { key: string; how: string; stand: unknown }[];
  /** Settings that are there but encrypted; without the stack's passphrase nobody can read them. */
  unread: string[];
}

/**
 * Settings with which the program can be planned by anybody: what its user has yet to set, and what only the stack's
 * passphrase could decrypt, stands for itself. Never for a run that makes something.
 */
export function fillForPlan(given: StackConfig): Filled {
  const encrypted = Object.keys(given).filter((key) => isEncrypted(given[key]));
  const unread = certificateKeys.some((key) => encrypted.includes(key))
    ? [...new Set([...encrypted, ...certificateKeys.filter((key) => key in given)])]
    : encrypted;
  const config = Object.fromEntries(Object.entries(given).filter(([key]) => !unread.includes(key)));
  const missing = Object.entries(userSettings).flatMap(([key, { stand, how }]) => {
    if (key in config) return [];
    config[key] = stand;
    return unread.includes(key) ? [] : [{ key, how, stand }];
  });
  return { config, missing, unread };
}

/** As Pulumi hands it to the program: text, or JSON where it is structured. */
export const asTexts = (config: StackConfig): Record<string, string> =>
  Object.fromEntries(Object.entries(config).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]));

function isEncrypted(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return "secure" in value || Object.values(value).some(isEncrypted);
}
