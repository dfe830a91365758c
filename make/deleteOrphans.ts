/** Run inside the local cloud, with the stack's exported state on standard input; deletes its orphans and prints them. */
import { z } from "zod";
import { collections, findOrphans, parseState, typesToList } from "./orphans.ts";

async function api(method: string, path: string): Promise<unknown> {
  const response = await fetch(`https://api.digitalocean.com${path}`, {
    method,
    headers: { authorization: `Bearer ${process.env["DIGITALOCEAN_TOKEN"] ?? ""}` },
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok && response.status !== 404) throw new Error(`${method} ${path}: status ${response.status}`);
  return response.status === 200 ? await response.json() : {};
}

const chunks: Buffer[] = [];
for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
const state = parseState(Buffer.concat(chunks).toString("utf8"));
const listed: Record<string, Record<string, unknown>[]> = {};
for (const type of typesToList(state)) {
  const collection = collections[type];
  if (!collection) continue;
  const answer = z.record(z.string(), z.unknown()).parse(await api("GET", `${collection.path}?per_page=200`));
  listed[type] = z.array(z.record(z.string(), z.unknown())).parse(answer[collection.key]);
}
for (const orphan of findOrphans(state, listed)) {
  await api("DELETE", orphan.path);
  process.stdout.write(`deleted ${orphan.name} (${orphan.path}), which the killed run had created\n`);
}
