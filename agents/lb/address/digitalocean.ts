import * as z from "zod";
import { actionSchema, digitalOceanApi, progressOf, underWay } from "../../api/digitalocean.ts";
import type { FloatingAddress, FloatingAddressOptions, Holding } from "./address.ts";

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

/** A reserved IP. It is moved by an action, which takes its time. */
export function digitalOceanAddress({ floatingAddress, instanceId, ...options }: FloatingAddressOptions): FloatingAddress {
  const client = digitalOceanApi({ ...options, advice });
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
      return underWay(await client.call(actionSchema, "POST", `${path}/actions`, { type: "assign", droplet_id: Number(instanceId) }));
    },
    async progress(move) {
      return progressOf(await client.call(actionSchema, "GET", `${path}/actions/${move}`));
    },
    close: () => client.close(),
  };
}

const advice: Record<number, string> = {
  401: " (the token of the setting quickcart:addressToken is unknown or has expired: set another one, then `pulumi up`)",
  403: " (the token of the setting quickcart:addressToken needs the scopes reserved_ip:read and reserved_ip:update: set one that has them, then `pulumi up`)",
  404: " (the account of the setting quickcart:addressToken has no such reserved IP)",
};
