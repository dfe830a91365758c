import { z } from "zod";
import { type Operation } from "../core/resource.ts";
import { type Api, isNotFound } from "./api.ts";
import { poll } from "./pace.ts";

export const droplet = z.object({
  id: z.number(),
  name: z.string(),
  status: z.string(),
  locked: z.boolean(),
  memory: z.number().nullish(),
  vcpus: z.number().nullish(),
  disk: z.number().nullish(),
  created_at: z.string().nullish(),
  features: z.array(z.string()).nullish(),
  volume_ids: z.array(z.string()).nullish(),
  tags: z.array(z.string()).nullish(),
  vpc_uuid: z.string().nullish(),
  // Without these the official plugin dies, so their absence must not pass here either.
  region: z.object({ slug: z.string() }),
  size: z.object({ slug: z.string(), price_monthly: z.number().nullish(), price_hourly: z.number().nullish() }),
  networks: z.object({
    v4: z.array(z.object({ ip_address: z.string(), type: z.string() })).nullish(),
    v6: z.array(z.object({ ip_address: z.string(), type: z.string() })).nullish(),
  }),
});
export type Droplet = z.infer<typeof droplet>;

const envelope = z.object({ droplet });
const action = z.object({ action: z.object({ id: z.number(), status: z.string(), type: z.string(), completed_at: z.string().nullish() }) });

const pathOf = (id: string): string => `/v2/droplets/${id}`;

export async function fetchDroplet(api: Api, id: string, { signal }: Operation): Promise<Droplet> {
  return (await api.call(envelope, "GET", pathOf(id), signal)).droplet;
}

export async function postDroplet(api: Api, body: object, { signal }: Operation): Promise<Droplet> {
  return (await api.call(envelope, "POST", "/v2/droplets", signal, body)).droplet;
}

export async function deleteDroplet(api: Api, id: string, { signal }: Operation): Promise<void> {
  await api.call(z.unknown(), "DELETE", pathOf(id), signal);
}

/** Posts an action; whoever needs its end waits for it. */
export async function act(api: Api, id: string, { signal }: Operation, body: { type: string } & Record<string, unknown>): Promise<number> {
  return (await api.call(action, "POST", `${pathOf(id)}/actions`, signal, body)).action.id;
}

export async function waitForAction(api: Api, path: string, what: string, timeoutMs: number, { signal }: Operation): Promise<void> {
  await poll(api.clock, {
    what: `${what} to finish`,
    timeoutMs,
    signal,
    async probe() {
      const { status, completed_at: completed } = (await api.call(action, "GET", path, signal)).action;
      if (status === "errored") throw new Error(`${what} ended in state 'errored', wanted 'completed'`);
      return status === "completed" || (completed ?? "") !== "" ? status : "wait";
    },
  });
}

/** The plugin that makes droplets tolerates that one is not found at once: the real API may be late. */
const toleratedMisses = 20;

export async function waitForDroplet(
  api: Api, id: string, what: string, timeoutMs: number, operation: Operation, ready: (found: Droplet) => boolean,
): Promise<Droplet> {
  let misses = 0;
  return poll<Droplet>(api.clock, {
    what: `droplet ${id} ${what}`,
    timeoutMs,
    signal: operation.signal,
    async probe() {
      try {
        const found = await fetchDroplet(api, id, operation);
        return ready(found) ? found : "wait";
      } catch (error) {
        misses += 1;
        if (isNotFound(error) && misses < toleratedMisses) return "wait";
        throw error;
      }
    },
  });
}

export async function waitUntilGone(api: Api, id: string, timeoutMs: number, operation: Operation): Promise<void> {
  await poll(api.clock, {
    what: `droplet ${id} to be gone`,
    timeoutMs,
    signal: operation.signal,
    async probe() {
      try {
        await fetchDroplet(api, id, operation);
        return "wait";
      } catch (error) {
        if (isNotFound(error)) return "gone";
        throw error;
      }
    },
  });
}

/** Tags are made when they are not there yet, as the official plugin does. */
export async function retag(api: Api, id: string, before: string[], after: string[], { signal }: Operation): Promise<void> {
  const resources = [{ resource_id: id, resource_type: "droplet" }];
  const at = (tag: string): string => `/v2/tags/${encodeURIComponent(tag).replaceAll("%3A", ":")}/resources`;
  for (const tag of before.filter((old) => !after.includes(old))) await api.call(z.unknown(), "DELETE", at(tag), signal, { resources });
  for (const tag of after.filter((next) => !before.includes(next))) {
    await api.call(z.unknown(), "POST", "/v2/tags", signal, { name: tag });
    await api.call(z.unknown(), "POST", at(tag), signal, { resources });
  }
}
