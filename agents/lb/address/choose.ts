import type { LbSettings } from "../settings.ts";
import type { FloatingAddress, FloatingAddressOptions } from "./address.ts";
import { digitalOceanAddress } from "./digitalocean.ts";
import { linodeAddress } from "./linode.ts";

const adapters: Record<LbSettings["cloud"], (options: FloatingAddressOptions) => FloatingAddress> = {
  digitalocean: digitalOceanAddress,
  linode: linodeAddress,
};

export function floatingAddressOf(cloud: LbSettings["cloud"], options: FloatingAddressOptions): FloatingAddress {
  return adapters[cloud](options);
}
