import { AwsClient } from "aws4fetch";
import { onStack, onStackOk, stackOutput } from "../../make/stack.ts";
import type { Drill } from "./drill.ts";

const minutes = 2;
const twoAppServers = { "quickcart:app": { count: 2, size: "s-1vcpu-1gb" } };

interface StoredObject {
  body: ArrayBuffer;
  contentType: string;
}

interface Bucket {
  keys(prefix: string): Promise<string[]>;
  get(key: string): Promise<StoredObject>;
  put(key: string, object: StoredObject): Promise<void>;
}

/** The bucket, with the program's own key: the only one that may write. */
async function bucket(): Promise<Bucket> {
  const client = new AwsClient({
    accessKeyId: process.env["SPACES_ACCESS_KEY_ID"] ?? "", secretAccessKey: process.env["SPACES_SECRET_ACCESS_KEY"] ?? "", service: "s3", region: "us-east-1", retries: 0,
  });
  const url = `https://${await stackOutput("bucket")}.fra1.digitaloceanspaces.com`;
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
  };
}

export const tamperedArtifact: Drill = {
  name: "tampered-artifact",
  promise: "a machine runs nothing whose hash is not what the program said, and `pulumi up` names the machine that failed and shows its log's end",
  minutes,
  suite: "ci",
  where: "cloud",
  sabotage: "the object is left as it is",
  async run({ figure, holds, say, restore, sabotage }) {
    const { keys, get, put } = await bucket();
    const [key] = await keys("agents/release-");
    if (!key) throw new Error("the bucket holds no release agent");
    const original = await get(key);
    restore("the agent and one app server", async () => {
      await put(key, original);
      await onStackOk("up", { limitMs: minutes * 60_000 });
    });
    if (!sabotage) await put(key, { ...original, body: new TextEncoder().encode("process.exit(0);\n").buffer });
    say(`another text in ${key}, then a second app server`);
    const started = performance.now();
    const { code, output } = await onStack("up", { limitMs: minutes * 60_000, config: twoAppServers });
    figure("pulumi up says so after", (performance.now() - started) / 1000, "s", { max: 60 });
    holds("pulumi up fails", code !== 0);
    holds("it names the machine", output.includes("app-2 (app) did not become ready"));
    holds("it shows the end of the machine's log", output.includes("is not what the program put into the bucket"));
  },
};
