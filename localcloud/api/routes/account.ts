import type { Cloud } from "../cloud.ts";
import { route, type Route } from "../http/route.ts";

/** Of DigitalOcean's defaults for a new account. */
export const reservedIpLimit = 3;

export function accountRoutes(cloud: Cloud): Route[] {
  return [
    route({ method: "GET", path: "/v2/account", scopes: ["account:read"] }, () => {
      const { account } = cloud.state;
      return {
        status: 200,
        body: {
          account: {
            droplet_limit: account.dropletLimit,
            floating_ip_limit: reservedIpLimit,
            email: account.email,
            name: "QuickCart",
            uuid: account.uuid,
            email_verified: true,
            status: "active",
            status_message: "",
            team: { uuid: account.uuid, name: "QuickCart" },
          },
        },
      };
    }),
  ];
}
