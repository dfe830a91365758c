import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defaultCatalog, type Catalog } from "../../../localcloud/api/catalog.ts";
import { Translation } from "./replay/translation.ts";
import { differences } from "./replay/shape.ts";
import { startApi, type Client } from "./support.ts";

/**
 * What the official provider said to a stub of the API, said again to this one: every answer has the recorded status and the recorded
 * shape. Addresses, ids and times differ, so each is translated once it is known.
 */
interface Recorded {
  step: string;
  request: { method: string; path: string; query?: Record<string, string>; body?: unknown };
  /** No status: the stub hung up. */
  response: { status?: number; body?: unknown };
}

const folder = join(import.meta.dirname, "../../fixtures/digitalocean/recordings");

/** What the recordings' stub had to offer. */
const catalog: Catalog = {
  regions: [["ams3", "Amsterdam 3"], ["fra1", "Frankfurt 1"], ["nyc3", "New York 3"]].map(([slug = "", name = ""]) => ({ slug, name })),
  sizes: defaultCatalog.sizes,
  images: ["ubuntu-24-04-x64", "debian-12-x64"].map((slug, index) => ({
    id: 155_133_621 + index, slug, name: slug, distribution: slug.startsWith("ubuntu") ? "Ubuntu" : "Debian", description: slug, minDiskGiB: 7,
  })),
};

let client: Client;
beforeEach(async () => {
  client = await startApi({ catalog, settings: { actionSeconds: 0.3 } });
});
afterEach(() => client.close());

/** Recordings about something else, and why. */
const elsewhere: Record<string, string> = {
  "droplet-ipv6.json": "the local cloud has no IPv6",
  "droplet-rename-ipv6.json": "the local cloud has no IPv6",
  "err-droplet-errored.json": "the stub hid a droplet for a while, which no request shows",
  "err-html.json": "the stub answered something that is no API",
  "err-vpc-busy.json": "the stub called an empty VPC busy; a really busy one is in refusals.test.ts",
};

const recordings = readdirSync(folder).sort().filter((name) => !name.startsWith("spaces-") && !(name in elsewhere));
test("there are recordings", () => expect(recordings.length).toBeGreaterThan(30));

test.each(recordings)("%s", async (name) => {
  const exchanges = JSON.parse(readFileSync(join(folder, name), "utf8")) as Recorded[];
  const translation = new Translation();
  const deleted = new Set<string>();
  for (const [index, { step, request, response }] of exchanges.entries()) {
    const path = translation.path(request.path) + query(request);
    const where = `${name} #${index} (${step}): ${request.method} ${path}`;
    // The stub let a deleted droplet linger; here it is gone at once, as the description allows.
    if (deleted.has(request.path) && response.status === 200) continue;
    // Actions on volumes, whose beginning was a request to a path that is not served.
    if (/"type":"(attach|detach)/.test(JSON.stringify(response.body) ?? "")) continue;
    await settle(path, response.status ?? null);
    const token = response.status === 401 ? "dop_v1_wrong" : client.token;
    const asking = client.ask(request.method, path, rename(translation.value(request.body)), { token });
    if (response.status === undefined) {
      await expect(asking).rejects.toThrow(/fetch failed/);
      continue;
    }
    const reply = await asking;
    if (reply.status !== response.status) throw new Error(`${where}: ${reply.status} instead of ${response.status}: ${JSON.stringify(reply.body)}`);
    if (request.method === "DELETE" && reply.status === 204) deleted.add(request.path);
    else deleted.delete(request.path);
    translation.learn(response.body, reply.body);
    const wrong = response.status === 204 ? [] : differences(response.body, reply.body);
    if (wrong.length > 0) throw new Error(`${where}:\n${wrong.join("\n")}`);
  }
});

/** Lets come true what the recording says happened between two requests. */
async function settle(path: string, status: number | null): Promise<void> {
  await client.settle();
  if (status === null) client.api.faults.set({ kind: "hangup", count: 1 });
  if (status !== null && (status === 429 || status >= 500)) client.api.faults.set({ kind: "status", status, count: 1 });
  // Somebody else deleted it, as the scenarios about drift have it.
  if (status === 404) {
    await client.ask("DELETE", path);
    await client.settle();
  }
}

function query({ query: parameters }: Recorded["request"]): string {
  return parameters === undefined ? "" : `?${new URLSearchParams(parameters).toString()}`;
}

/** The stub took a firewall's name of one letter; by the description it has two at least. */
function rename(body: unknown): unknown {
  const isShort = typeof body === "object" && body !== null && "inbound_rules" in body && "name" in body && body.name === "f";
  return isShort ? { ...body, name: "fw" } : body;
}

test("the comparison finds what differs", () => {
  const recorded = { droplet: { id: 1, tags: ["a"], networks: { v4: [{ type: "public" }] }, kernel: null } };
  expect(differences(recorded, { droplet: { id: 2, tags: [], networks: { v4: [] }, kernel: null } })).toEqual([]);
  expect(differences(recorded, { droplet: { id: "1", networks: { v4: [{}] }, kernel: {}, colour: "red" } })).toEqual([
    ".droplet.id was number, is string",
    ".droplet.tags was in the recording, but is not here",
    ".droplet.networks.v4.type was in the recording, but is not here",
    ".droplet.colour is here, but was not in the recording",
  ]);
});
