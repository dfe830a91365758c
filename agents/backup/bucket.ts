import { AwsClient } from "aws4fetch";
import { Bucket, type Storage } from "../s3.ts";

const timeoutMs = 20_000;

/** Documents beside the backups in every one of their buckets. They tell what pgBackRest does not: whose it is, until when, what was in it. */
export class Documents {
  private readonly storages: readonly Storage[];

  constructor(storages: readonly Storage[]) {
    this.storages = storages;
  }

  /** Null where there is none. Of the first bucket that answers. */
  async read(key: string): Promise<string | null> {
    const errors: unknown[] = [];
    for (const storage of this.storages) {
      try {
        const answer = await new Bucket(storage).read(key, null);
        return answer.kind === "found" ? answer.body : null;
      } catch (error) {
        errors.push(error);
      }
    }
    throw new Error(errors.map(String).join("; "));
  }

  async write(key: string, document: unknown): Promise<void> {
    const body = `${JSON.stringify(document)}\n`;
    for (const storage of this.storages) {
      const client = new AwsClient({ accessKeyId: storage.accessKey, secretAccessKey: storage.secretKey, region: storage.region, service: "s3" });
      const url = `${storage.url.replace(/\/$/, "")}/${key}`;
      const signed = await client.sign(url, { method: "PUT", body, headers: { "content-type": "application/json" } });
      const response = await fetch(signed, { signal: AbortSignal.timeout(timeoutMs) });
      if (!response.ok) throw new Error(`PUT ${url}: ${response.status} ${(await response.text()).slice(0, 300)}`);
    }
  }
}
