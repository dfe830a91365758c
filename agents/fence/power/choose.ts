import { digitalOceanPower } from "./digitalocean.ts";
import { linodePower } from "./linode.ts";
import type { Power, PowerOptions } from "./power.ts";

const adapters = { digitalocean: digitalOceanPower, linode: linodePower } as const satisfies Record<string, (options: PowerOptions) => Power>;

export function powerOf(cloud: keyof typeof adapters, options: PowerOptions): Power {
  return adapters[cloud](options);
}
