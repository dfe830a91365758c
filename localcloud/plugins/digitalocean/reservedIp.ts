import { z } from "zod";
import { defineResource, type Operation, type ResourceType } from "../core/resource.ts";
import { type JsonObject } from "../core/values.ts";
import { type Api, isNotFound } from "./api.ts";
import { waitForAction } from "./dropletActions.ts";
import { toJson } from "./restResource.ts";

const inputs = z.object({ region: z.string().min(1), dropletId: z.int().optional(), ipAddress: z.string().optional() });
const answer = z.object({
  reserved_ip: z.object({ ip: z.string(), region: z.object({ slug: z.string() }), droplet: z.object({ id: z.number() }).nullish() }),
});
const actions = z.object({ actions: z.array(z.object({ status: z.string() })) });
const action = z.object({ action: z.object({ id: z.number() }) });

const actionPatienceMs = 300_000;

export function reservedIpResource(api: () => Api): ResourceType {
  async function fetch(ip: string, { signal }: Operation): Promise<JsonObject> {
    const { reserved_ip: found } = await api().call(answer, "GET", `/v2/reserved_ips/${ip}`, signal);
    return { ipAddress: found.ip, region: found.region.slug, reservedIpUrn: `do:reservedip:${found.ip}`, ...(found.droplet ? { dropletId: found.droplet.id } : {}) };
  }

  async function act(ip: string, body: { type: string; droplet_id?: number }, operation: Operation): Promise<void> {
    const path = `/v2/reserved_ips/${ip}/actions`;
    const posted = await api().call(action, "POST", path, operation.signal, body);
    await waitForAction(api(), `${path}/${posted.action.id}`, `the ${body.type} of ${ip}`, operation.timeoutMs ?? actionPatienceMs, operation);
  }

  async function assign(ip: string, dropletId: number, operation: Operation): Promise<void> {
    // The API takes no action for a droplet that has a pending one.
    await api().call(actions, "GET", `/v2/droplets/${dropletId}/actions?per_page=50`, operation.signal);
    await act(ip, { type: "assign", droplet_id: dropletId }, operation);
  }

  /** Without a droplet in the program the address belongs to whoever claimed it: that is no drift. */
  const state = (found: JsonObject, given: JsonObject): JsonObject => {
    const { dropletId, ...rest } = found;
    return given["dropletId"] === undefined || dropletId === undefined ? rest : { ...rest, dropletId };
  };

  return defineResource({
    inputs,
    behaviour: { region: { replaces: true } },
    computed: ["ipAddress", "reservedIpUrn"],
    async create(given, operation) {
      const { reserved_ip: made } = await api().call(answer, "POST", "/v2/reserved_ips", operation.signal, { region: given.region });
      if (given.dropletId !== undefined) await assign(made.ip, given.dropletId, operation);
      return { id: made.ip, outputs: { ...toJson(given), ...state(await fetch(made.ip, operation), toJson(given)) } };
    },
    async read(id, stored, operation) {
      try {
        const found = await fetch(id, operation);
        const known = stored.inputs["dropletId"] === undefined ? {} : { dropletId: found["dropletId"] ?? null };
        return { inputs: { ...stored.inputs, region: found["region"] ?? null, ...known }, outputs: { ...stored.outputs, ...state(found, stored.inputs) } };
      } catch (error) {
        if (isNotFound(error)) return null;
        throw error;
      }
    },
    async update(id, old, next, operation) {
      if (next.dropletId !== undefined) await assign(id, next.dropletId, operation);
      else if (old.inputs["dropletId"] !== undefined) await act(id, { type: "unassign" }, operation);
      return { ...toJson(next), ...state(await fetch(id, operation), toJson(next)) };
    },
    async delete(id, stored, operation) {
      if (stored.inputs["dropletId"] !== undefined) await act(id, { type: "unassign" }, operation);
      await api().call(z.unknown(), "DELETE", `/v2/reserved_ips/${id}`, operation.signal);
    },
  });
}
