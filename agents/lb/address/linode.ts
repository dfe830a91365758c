import * as z from "zod";
import { linodeApi } from "../../api/linode.ts";
import type { FloatingAddress, FloatingAddressOptions, Holding } from "./address.ts";

/** https://techdocs.akamai.com/linode-api/reference/get-ip */
const ipSchema = z.object({ linode_id: z.int().nullable(), region: z.string() });

/** https://techdocs.akamai.com/linode-api/reference/get-linode-ips */
const linodeIpsSchema = z.object({
  ipv4: z.object({ public: z.array(z.object({ address: z.ipv4() })) }),
});

/** https://techdocs.akamai.com/linode-api/reference/post-assign-ips answers with an empty object. */
const assignedSchema = z.object({});

/** A reserved address. The cloud moves it while the call lasts; packets follow once its routers have learned of it. */
export function linodeAddress({ floatingAddress, instanceId, ...options }: FloatingAddressOptions): FloatingAddress {
  const client = linodeApi({ ...options, advice });
  /** An address never leaves its region. */
  let region: string | null = null;
  /** A machine keeps its own public address for life. */
  const publicAddresses = new Map<number, string | null>();

  async function look(): Promise<z.infer<typeof ipSchema>> {
    const ip = await client.call(ipSchema, "GET", `/v4/networking/ips/${floatingAddress}`);
    region = ip.region;
    return ip;
  }

  async function publicAddressOf(id: number): Promise<string | null> {
    const known = publicAddresses.get(id);
    if (known !== undefined) return known;
    const { ipv4 } = await client.call(linodeIpsSchema, "GET", `/v4/linode/instances/${id}/ips`);
    const own = ipv4.public.find(({ address }) => address !== floatingAddress)?.address ?? null;
    publicAddresses.set(id, own);
    return own;
  }

  return {
    async holding(): Promise<Holding> {
      const { linode_id: id } = await look();
      return id === null ? { state: "free" } : { state: "held", id: String(id), publicAddress: await publicAddressOf(id) };
    },
    async claim() {
      const where = region ?? (await look()).region;
      await client.call(assignedSchema, "POST", "/v4/networking/ips/assign", {
        region: where, assignments: [{ address: floatingAddress, linode_id: Number(instanceId) }],
      });
      return null;
    },
    progress: async () => "done",
    close: () => client.close(),
  };
}

const advice: Record<number, string> = {
  401: " (the token of the setting quickcart:addressToken is unknown, has expired, or lacks the scopes ips:read_write and linodes:read_write: set another one, then `pulumi up`)",
  403: " (the owner of the token of the setting quickcart:addressToken may not change this address or this Linode: grant both)",
  404: " (the account of the setting quickcart:addressToken has no such address)",
};
