import * as z from "zod";
import { actionSchema, digitalOceanApi, progressOf, underWay } from "../../api/digitalocean.ts";
import { ApiError } from "../../api/error.ts";
import type { Power, PowerOptions } from "./power.ts";

/** https://docs.digitalocean.com/reference/api/reference/droplets/ */
const dropletSchema = z.object({ droplet: z.object({ status: z.enum(["new", "active", "off", "archive"]) }) });

/** Droplets, by actions that cut the power at once: nothing on the machine is asked. */
export function digitalOceanPower(options: PowerOptions): Power {
  const client = digitalOceanApi({ ...options, advice });

  const isOff = async (machine: string): Promise<boolean> =>
    (await client.call(dropletSchema, "GET", `/v2/droplets/${machine}`)).droplet.status === "off";

  async function change(machine: string, type: "power_off" | "power_on"): Promise<string | null> {
    try {
      return underWay(await client.call(actionSchema, "POST", `/v2/droplets/${machine}/actions`, { type }));
    } catch (error) {
      // 422 also says that there is nothing to do.
      if (error instanceof ApiError && error.status === 422 && await isOff(machine) === (type === "power_off")) return null;
      throw error;
    }
  }

  return {
    off: (machine) => change(machine, "power_off"),
    on: (machine) => change(machine, "power_on"),
    async progress(machine, action) {
      return progressOf(await client.call(actionSchema, "GET", `/v2/droplets/${machine}/actions/${action}`));
    },
    isOff,
    close: () => client.close(),
  };
}

const advice: Record<number, string> = {
  401: " (the token of the setting quickcart:fenceToken is unknown or has expired: set another one, then `pulumi up`)",
  403: " (the token of the setting quickcart:fenceToken needs the scopes droplet:read and droplet:update: set one that has them, then `pulumi up`)",
  404: " (the account of the setting quickcart:fenceToken has no such droplet)",
};
