import * as z from "zod";
import type { FloatingAddress, FloatingAddressOptions, Holding, Progress } from "./address.ts";
import { ApiClient } from "./client.ts";

/** https://docs.digitalocean.com/reference/api/reference/reserved-ips/ */
const reservedIpSchema = z.object({
  reserved_ip: z.object({
    droplet: z.object({
      id: z.int(),
      networks: z.object({ v4: z.array(z.object({ ip_address: z.ipv4(), type: z.string() })) }),
    }).nullable(),
    locked: z.boolean().default(false),
  }),
});

const actionSchema = z.object({
  action: z.object({ id: z.int(), status: z.enum(["in-progress", "completed", "errored"]) }),
});

const refusalSchema = z.object({ message: z.string() });

const progressOf = { "in-progress": "moving", completed: "done", errored: "failed" } as const satisfies Record<string, Progress>;

/** A reserved IP. It is moved by an action, which takes its time. */
export function digitalOceanAddress({
  floatingAddress, instanceId, token, origin = "https://api.digitalocean.com", timeoutMs = 5_000,
}: FloatingAddressOptions): FloatingAddress {
  const client = new ApiClient({ origin, token, timeoutMs, explain });
  const path = `/v2/reserved_ips/${floatingAddress}`;
  return {
    async holding(): Promise<Holding> {
      const { reserved_ip: { droplet, locked } } = await client.call(reservedIpSchema, "GET", path);
      // Locked as long as an action is under way; until it ends the answer names the old droplet, or none.
      if (locked) return { state: "moving" };
      if (droplet === null) return { state: "free" };
      const publicAddress = droplet.networks.v4.find((network) => network.type === "public" && network.ip_address !== floatingAddress);
      return { state: "held", id: String(droplet.id), publicAddress: publicAddress?.ip_address ?? null };
    },
    async claim() {
      const { action } = await client.call(actionSchema, "POST", `${path}/actions`, { type: "assign", droplet_id: Number(instanceId) });
      return action.status === "completed" ? null : String(action.id);
    },
    async progress(move) {
      const { action } = await client.call(actionSchema, "GET", `${path}/actions/${move}`);
      return progressOf[action.status];
    },
    close: () => client.close(),
  };
}

function explain(status: number, body: unknown): string {
  const parsed = refusalSchema.safeParse(body);
  const words = parsed.success ? parsed.data.message : "without words";
  return `${words}${advice[status] ?? ""}`;
}

const advice: Record<number, string> = {
  401: " (the token of the setting quickcart:addressToken is unknown or has expired: set another one, then `pulumi up`)",
  403: " (the token of the setting quickcart:addressToken needs the scopes reserved_ip:read and reserved_ip:update: set one that has them, then `pulumi up`)",
  404: " (the account of the setting quickcart:addressToken has no such reserved IP)",
};
