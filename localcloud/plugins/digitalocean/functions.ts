import { z } from "zod";
import { type InvokeFunction } from "../core/resource.ts";
import { type Api } from "./api.ts";

const account = z.object({
  account: z.object({
    droplet_limit: z.number(), floating_ip_limit: z.number(), email: z.string(), uuid: z.string(), email_verified: z.boolean(), status: z.string(), status_message: z.string(),
  }),
});

/** What programs ask the cloud while they run. */
export function functions(api: () => Api): Record<string, InvokeFunction> {
  return {
    "digitalocean:index/getAccount:getAccount": async (_args, { signal }) => {
      const { account: found } = await api().call(account, "GET", "/v2/account", signal);
      return {
        id: found.uuid,
        uuid: found.uuid,
        dropletLimit: found.droplet_limit,
        floatingIpLimit: found.floating_ip_limit,
        email: found.email,
        emailVerified: found.email_verified,
        status: found.status,
        statusMessage: found.status_message,
      };
    },
  };
}
