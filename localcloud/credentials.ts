import { join } from "node:path";
import { z } from "zod";
import { type Api } from "./api/api.ts";
import { findToken } from "./api/tokens.ts";
import { readTextIfThere, writeFileAtomic } from "./files.ts";
import { stateDir } from "./paths.ts";

/** What `localcloud exec` gives to the command it runs; readable by root only. */
export const credentialsFile = join(stateDir, "credentials.env");

const credentialsSchema = z.object({
  DIGITALOCEAN_TOKEN: z.string().min(1),
  SPACES_ACCESS_KEY_ID: z.string().min(1),
  SPACES_SECRET_ACCESS_KEY: z.string().min(1),
});
export type Credentials = z.infer<typeof credentialsSchema>;

/** null when there are none, or not whole. */
export async function readCredentials(): Promise<Credentials | null> {
  const text = await readTextIfThere(credentialsFile);
  if (text === null) return null;
  const pairs = text.split("\n").flatMap((line) => {
    const at = line.indexOf("=");
    return at < 1 ? [] : [[line.slice(0, at), line.slice(at + 1)] as const];
  });
  const parsed = credentialsSchema.safeParse(Object.fromEntries(pairs));
  return parsed.success ? parsed.data : null;
}

/** A token and a key that may do everything, made once and again only if the API no longer knows them. */
export async function ensureCredentials(api: Pick<Api, "cloud" | "createToken" | "createSpacesKey">): Promise<void> {
  const { state } = api.cloud;
  const known = await readCredentials();
  if (
    known !== null
    && findToken(state, `Bearer ${known.DIGITALOCEAN_TOKEN}`) !== null
    && state.spacesKeys.some((key) => key.accessKey === known.SPACES_ACCESS_KEY_ID)
  ) return;
  const token = await api.createToken("localcloud-exec", ["*"]);
  const key = await api.createSpacesKey("localcloud-exec", [{ bucket: "", permission: "fullaccess" }]);
  const lines = [
    `DIGITALOCEAN_TOKEN=${token}`,
    `SPACES_ACCESS_KEY_ID=${key.accessKey}`,
    `SPACES_SECRET_ACCESS_KEY=${key.secretKey}`,
  ];
  await writeFileAtomic(credentialsFile, lines.join("\n") + "\n", 0o600);
}
