import { readFile } from "node:fs/promises";
import * as z from "zod";
import { ports } from "../../components/ports.ts";
import type { ApiClientOptions } from "../api/client.ts";
import { Etcd } from "../etcd/client.ts";
import { readIfThere } from "../files.ts";
import { parseDocument } from "../follow.ts";
import { paths } from "./paths.ts";

const machine = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/);

/** `/etc/quickcart/fence.json`, written by cloud-init. */
export const fenceSettingsSchema = z.object({
  cloud: z.enum(["digitalocean", "linode"]),
  /** This machine. */
  name: machine,
  /** All database machines. */
  members: z.array(machine).min(3),
});

export interface FenceSettings extends z.infer<typeof fenceSettingsSchema> {
  /** Of the cloud's API. Secret. Null: fencing is off. */
  token: string | null;
  tls: NonNullable<ApiClientOptions["tls"]>;
}

export async function readFenceSettings(files: typeof paths = paths): Promise<FenceSettings> {
  const [settings, token, ca, cert, key] = await Promise.all([
    readFile(files.settings, "utf8"), readIfThere(files.token), readFile(files.tls.ca, "utf8"), readFile(files.tls.cert, "utf8"), readFile(files.tls.key, "utf8"),
  ]);
  return { ...named(files.settings, settings), token: token?.trim() || null, tls: { ca, cert, key } };
}

function named(path: string, text: string): z.infer<typeof fenceSettingsSchema> {
  try {
    return parseDocument(fenceSettingsSchema, text);
  } catch (error) {
    throw new Error(`${path}: ${String(error)}`, { cause: error });
  }
}

/** This machine's own member first: the others only while that one is silent. */
export function etcdOf({ name, members, tls }: FenceSettings): Etcd {
  const others = members.filter((member) => member !== name);
  return new Etcd({ tls, endpoints: ["localhost", ...others].map((host) => `https://${host}:${ports.etcd.from}`) });
}
