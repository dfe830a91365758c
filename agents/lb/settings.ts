import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseEnv } from "node:util";
import * as z from "zod";
import { message } from "../errors.ts";
import { readIfThere } from "../files.ts";
import { paths } from "./paths.ts";

/** `/etc/quickcart/lb.json`, written by cloud-init. */
export const lbSettingsSchema = z.object({
  cloud: z.enum(["digitalocean", "linode"]),
  floatingAddress: z.ipv4(),
  position: z.union([z.literal(1), z.literal(2)]),
  /** Of the app servers' first slot. */
  appPort: z.int().min(1024).max(65_534),
});

export type LbSettings = z.infer<typeof lbSettingsSchema>;

/** Where an operator's shell finds what systemd hands to a unit as credentials. */
const credentialsByDefault = "/etc/quickcart";

const environmentSchema = z.object({
  CREDENTIALS_DIRECTORY: z.string().min(1).default(credentialsByDefault),
});

export async function readLbSettings(path: string = paths.settings): Promise<LbSettings> {
  return parse(path, lbSettingsSchema, await json(path));
}

/** Never in a message, whatever is wrong with it. */
export async function readCredential(name: "address-token" | "ticket-secret", environment: NodeJS.ProcessEnv): Promise<string> {
  const { CREDENTIALS_DIRECTORY } = environmentSchema.parse(environment);
  const path = join(CREDENTIALS_DIRECTORY, name);
  const text = (await readFile(path, "utf8")).trim();
  if (text === "") throw new Error(`${path} is empty: it should hold the ${name.replace("-", " ")}`);
  return text;
}

/** This machine as the cloud's API names it, from the metadata service: units have it in their environment, an operator's shell has not. */
export async function readInstanceId(environment: NodeJS.ProcessEnv, path = "/etc/quickcart/instance.env"): Promise<string> {
  const { INSTANCE_ID: id = parseEnv(await readIfThere(path) ?? "")["INSTANCE_ID"] } = environment;
  const parsed = z.string().regex(/^\d+$/).safeParse(id);
  if (!parsed.success) throw new Error(`${path} should hold INSTANCE_ID, this machine as the cloud's API names it: run quickcart-apply`);
  return parsed.data;
}

async function json(path: string): Promise<unknown> {
  const text = await readFile(path, "utf8");
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${path} is not JSON: ${message(error)}`, { cause: error });
  }
}

function parse<T>(path: string, schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new Error(`${path}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
