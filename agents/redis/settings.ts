import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseEnv } from "node:util";
import * as z from "zod";

/** Templates render these same paths. */
export const paths = {
  settings: "/etc/quickcart/redis.json",
  /** The password of Redis' user admin. */
  admin: "/etc/quickcart/redis-admin",
  /** Where an operator's shell finds what systemd hands to a unit as credentials. */
  secrets: "/etc/quickcart",
  instance: "/etc/quickcart/instance.env",
  /** The document that the agent follows, as it last was. */
  topology: "/var/lib/quickcart/redis/topology.json",
} as const;

export const redisSettingsSchema = z.object({
  /** Of this machine, as the topology document names it. */
  name: z.string().min(1),
  /** Null: the nodes talk without. */
  tls: z.object({
    /** File of the authority that issues nodes' certificates. */
    authority: z.string().min(1),
    /** In every one of them. */
    name: z.string().min(1),
  }).nullable(),
});

const environmentSchema = z.object({
  CREDENTIALS_DIRECTORY: z.string().min(1).default(paths.secrets),
});

export interface RedisSettings {
  readonly self: string;
  readonly ownAddress: string;
  /** Of the user `admin`. Secret. */
  readonly password: string;
  readonly tls: NodeTls | null;
}

/** How to know a node of this cluster by its certificate. */
export interface NodeTls {
  /** PEM, and the file that holds it. */
  readonly authority: string;
  readonly authorityPath: string;
  readonly name: string;
}

export async function readRedisSettings(environment: NodeJS.ProcessEnv): Promise<RedisSettings> {
  const { CREDENTIALS_DIRECTORY } = environmentSchema.parse(environment);
  const { name, tls } = redisSettingsSchema.parse(JSON.parse(await readFile(paths.settings, "utf8")));
  const path = join(CREDENTIALS_DIRECTORY, "redis-admin");
  const password = (await readFile(path, "utf8")).trim();
  if (password === "") throw new Error(`${path} is empty: it should hold the password of Redis' user admin`);
  const address = z.ipv4().safeParse(parseEnv(await readFile(paths.instance, "utf8"))["PRIVATE_ADDRESS"]);
  if (!address.success) throw new Error(`${paths.instance} should hold PRIVATE_ADDRESS, this machine's own: run quickcart-apply`);
  return {
    self: name, ownAddress: address.data, password,
    tls: tls === null ? null : { authority: await readFile(tls.authority, "utf8"), authorityPath: tls.authority, name: tls.name },
  };
}
