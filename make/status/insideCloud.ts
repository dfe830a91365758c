/** Run inside the local cloud, with what is asked as its argument: prints who holds the address, and the release documents. */
import { z } from "zod";
import { type Canary, canarySchema, keys, type Release, releaseSchema } from "../../agents/documents.ts";
import { Bucket } from "../../agents/s3.ts";
import type { Answer } from "./answer.ts";
import type { Facts } from "./report.ts";

const questionSchema = z.object({ floatingAddress: z.ipv4(), bucket: z.string(), region: z.string(), limitMs: z.number() });
export type Question = z.infer<typeof questionSchema>;
export type CloudFacts = Pick<Facts, "holder" | "releases">;

const reservedSchema = z.object({ reserved_ip: z.object({ droplet: z.object({ name: z.string() }).nullable() }) });

const environment = z.object({ DIGITALOCEAN_TOKEN: z.string(), SPACES_ACCESS_KEY_ID: z.string(), SPACES_SECRET_ACCESS_KEY: z.string() });

async function answer<T>(who: string, ask: () => Promise<T>, limitMs: number): Promise<Answer<T>> {
  const late = new Promise<never>((_, reject) => { setTimeout(() => reject(new Error(`no answer in ${limitMs / 1000} s`)), limitMs).unref(); });
  try {
    return { ok: true, value: await Promise.race([ask(), late]) };
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return { ok: false, why: `${who}: ${said.replace(/^GET \S+: /, "").split("\n")[0]}` };
  }
}

const { floatingAddress, bucket, region, limitMs } = questionSchema.parse(JSON.parse(process.argv[2] ?? ""));
const { DIGITALOCEAN_TOKEN: token, SPACES_ACCESS_KEY_ID: accessKey, SPACES_SECRET_ACCESS_KEY: secretKey } = environment.parse(process.env);
const storage = new Bucket({ url: `https://${bucket}.${region}.digitaloceanspaces.com`, region, accessKey, secretKey });

async function holder(): Promise<string | null> {
  const response = await fetch(`https://api.digitalocean.com/v2/reserved_ips/${floatingAddress}`, { headers: { authorization: `Bearer ${token}` } });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return reservedSchema.parse(await response.json()).reserved_ip.droplet?.name ?? null;
}

async function document<T>(key: string, schema: z.ZodType<T>): Promise<T | null> {
  const read = await storage.read(key, null);
  return read.kind === "found" ? schema.parse(JSON.parse(read.body)) : null;
}

async function releases(): Promise<{ base: Release | null; canary: Canary | null }> {
  const [base, canary] = await Promise.all([document(keys.release, releaseSchema), document(keys.canary, canarySchema)]);
  return { base, canary };
}

const [held, wanted] = await Promise.all([answer("the API", holder, limitMs), answer("the object storage", releases, limitMs)]);
const facts: CloudFacts = { holder: held, releases: wanted };
process.stdout.write(JSON.stringify(facts), () => process.exit(0));
