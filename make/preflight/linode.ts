import { z } from "zod";
import { type Settings } from "../../components/config.ts";
import { type AccountFacts } from "./judge.ts";
import { type Read } from "./read.ts";

const instancesSchema = z.array(z.object({ label: z.string() }));
const regionsSchema = z.array(z.object({ id: z.string(), status: z.string(), capabilities: z.array(z.string()) }));
const monthly = z.number().nullable();
const typesSchema = z.array(z.object({
  id: z.string(), price: z.object({ monthly }), region_prices: z.array(z.object({ id: z.string(), monthly })).default([]),
}));
/** Only plans that are short somewhere are on it. */
const availabilitySchema = z.array(z.object({ plan: z.string(), available: z.boolean() })).nullable();
const pageSchema = z.object({ data: z.array(z.unknown()), pages: z.int() });

/** What the program uses of a region, in Linode's words: without metadata a machine would never see its user-data. */
const neededOfRegion = ["Linodes", "VPCs", "Metadata", "Cloud Firewall"];

/** Reads only. Limits of the account are not in the API, and VPCs may overlap. https://techdocs.akamai.com/linode-api/reference/api */
export async function linodeFacts(read: Read, { siteName, image, region }: Settings): Promise<AccountFacts> {
  const list = async <T>(path: string, schema: z.ZodType<T[]>): Promise<T[]> => {
    const found: T[] = [];
    for (let page = 1, pages = 1; page <= pages; page++) {
      const body = pageSchema.parse(await read(`${path}?page_size=500&page=${page}`));
      found.push(...schema.parse(body.data));
      ({ pages } = body);
    }
    return found;
  };
  const [profile, instances, regions, types, availability, found] = await Promise.all([
    read("/v4/profile").then((body) => z.object({ username: z.string() }).parse(body)),
    list("/v4/linode/instances", instancesSchema),
    list("/v4/regions", regionsSchema),
    list("/v4/linode/types", typesSchema),
    read(`/v4/regions/${encodeURIComponent(region)}/availability`).then((body) => availabilitySchema.parse(body)),
    read(`/v4/images/${image}`),
  ]);
  const isShort = (type: string): boolean => availability?.some(({ plan, available }) => plan === type && !available) === true;
  return {
    owner: profile.username,
    locked: null,
    machineLimit: null,
    otherMachines: instances.filter(({ label }) => !label.startsWith(`${siteName}-`)).length,
    reservedAddressLimit: null,
    otherReservedAddresses: 0,
    regions: regions.map(({ id, status, capabilities }) => {
      const lacking = neededOfRegion.filter((capability) => !capabilities.includes(capability));
      return { slug: id, lacks: status !== "ok" ? `is in state ${status}` : lacking.length > 0 ? `has no ${lacking.join(", ")}` : null };
    }),
    sizes: types.map(({ id, price, region_prices: here }) => ({
      slug: id,
      monthly: here.find((one) => one.id === region)?.monthly ?? price.monthly ?? 0,
      regions: isShort(id) ? [] : [region],
    })),
    imageRegions: found === null ? null : "everywhere",
    otherNetworks: [],
  };
}
