import * as z from "zod";
import type { Progress } from "../../api/cloud.ts";
import { linodeApi } from "../../api/linode.ts";
import type { Power, PowerOptions } from "./power.ts";

/** https://techdocs.akamai.com/linode-api/reference/get-linode-instance: of its many states only the two that last say something here. */
const instanceSchema = z.object({ status: z.string() });

/** https://techdocs.akamai.com/linode-api/reference/post-shutdown-linode-instance and post-boot-linode-instance answer with an empty object. */
const acceptedSchema = z.object({});

const verbs = { offline: "shutdown", running: "boot" } as const;
type Wanted = keyof typeof verbs;

/** Instances. There is no action to ask for: how far a change has come is the instance's own status. */
export function linodePower(options: PowerOptions): Power {
  const client = linodeApi({ ...options, advice });
  const status = async (machine: string): Promise<string> =>
    (await client.call(instanceSchema, "GET", `/v4/linode/instances/${machine}`)).status;

  async function change(machine: string, wanted: Wanted): Promise<string | null> {
    if (await status(machine) === wanted) return null;
    await client.call(acceptedSchema, "POST", `/v4/linode/instances/${machine}/${verbs[wanted]}`);
    return wanted;
  }

  return {
    off: (machine) => change(machine, "offline"),
    on: (machine) => change(machine, "running"),
    progress: async (machine, wanted): Promise<Progress> => await status(machine) === wanted ? "done" : "moving",
    isOff: async (machine) => await status(machine) === "offline",
    close: () => client.close(),
  };
}

const advice: Record<number, string> = {
  401: " (the token of the setting quickcart:fenceToken is unknown, has expired, or lacks the scope linodes:read_write: set another one, then `pulumi up`)",
  403: " (the owner of the token of the setting quickcart:fenceToken may not change this Linode: grant that)",
  404: " (the account of the setting quickcart:fenceToken has no such Linode)",
};
