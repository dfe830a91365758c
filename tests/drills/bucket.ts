import { AwsClient } from "aws4fetch";
import { stackOutput } from "../../make/stack.ts";

export interface StoredObject {
  body: ArrayBuffer;
  contentType: string;
}

export interface Bucket {
  keys(prefix: string): Promise<string[]>;
  get(key: string): Promise<StoredObject>;
  put(key: string, object: StoredObject): Promise<void>;
  remove(key: string): Promise<void>;
}

/** The stack's private bucket, or that of its backups, with the program's own key: the only one that may write both. */
export async function bucket(output: "bucket" | "backupBucket" = "bucket"): Promise<Bucket> {
  const client = new AwsClient({
    accessKeyId: process.env["SPACES_ACCESS_KEY_ID"] ?? "", secretAccessKey: process.env["SPACES_SECRET_ACCESS_KEY"] ?? "", service: "s3", region: "us-east-1", retries: 0,
  });
  const url = `https://${await stackOutput(output)}.fra1.digitaloceanspaces.com`;
  const ask = async (path: string, init?: RequestInit): Promise<Response> => {
    const response = await client.fetch(`${url}/${path}`, { ...init, signal: AbortSignal.timeout(20_000) });
    if (!response.ok) throw new Error(`${init?.method ?? "GET"} ${path}: status ${response.status}`);
    return response;
  };
  return {
    keys: async (prefix) => [...(await (await ask(`?list-type=2&prefix=${prefix}`)).text()).matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, key = ""]) => key),
    async get(key) {
      const response = await ask(key);
      return { body: await response.arrayBuffer(), contentType: response.headers.get("content-type") ?? "" };
    },
    async put(key, { body, contentType }) {
      await ask(key, { method: "PUT", body, headers: { "content-type": contentType } });
    },
    async remove(key) {
      await ask(key, { method: "DELETE" });
    },
  };
}
