import { z } from "zod";
import { type Settings } from "../../components/config.ts";
import { type AccountFacts } from "./judge.ts";
import { type Read } from "./read.ts";

const accountSchema = z.object({ account: z.object({
  droplet_limit: z.int(), floating_ip_limit: z.int(), email: z.string(), status: z.string(), status_message: z.string().default(""),
}) });
const tags = z.array(z.string()).default([]);
const dropletsSchema = z.array(z.object({ tags }));
const reservedSchema = z.array(z.object({ droplet: z.object({ tags }).nullable() }));
const regionsSchema = z.array(z.object({ slug: z.string(), available: z.boolean(), sizes: z.array(z.string()) }));
const sizesSchema = z.array(z.object({ slug: z.string(), price_monthly: z.number(), available: z.boolean(), regions: z.array(z.string()) }));
const imageSchema = z.object({ image: z.object({ regions: z.array(z.string()) }) });
const vpcsSchema = z.array(z.object({ name: z.string(), ip_range: z.string() }));

const pagesSchema = z.object({ links: z.object({ pages: z.object({ next: z.string().optional() }).optional() }).optional() });

/** Reads only. https://docs.digitalocean.com/reference/api/ */
export async function digitalOceanFacts(read: Read, { siteName, image }: Settings): Promise<AccountFacts> {
  const list = async <T>(key: string, path: string, schema: z.ZodType<T[]>): Promise<T[]> => {
    const found: T[] = [];
    for (let next: string | undefined = `${path}?per_page=200`; next !== undefined;) {
      const page: unknown = await read(next);
      found.push(...schema.parse(z.record(z.string(), z.unknown()).parse(page)[key]));
      const link: string | undefined = pagesSchema.parse(page).links?.pages?.next;
      next = link === undefined ? undefined : new URL(link).pathname + new URL(link).search;
    }
    return found;
  };
  const [{ account }, droplets, reserved, regions, sizes, found, vpcs] = await Promise.all([
    read("/v2/account").then((body) => accountSchema.parse(body)),
    list("droplets", "/v2/droplets", dropletsSchema),
    list("reserved_ips", "/v2/reserved_ips", reservedSchema),
    list("regions", "/v2/regions", regionsSchema),
    list("sizes", "/v2/sizes", sizesSchema),
    read(`/v2/images/${encodeURIComponent(image)}`).then((body) => (body === null ? null : imageSchema.parse(body).image)),
    list("vpcs", "/v2/vpcs", vpcsSchema),
  ]);
  const isOurs = (machine: { tags: string[] } | null): boolean => machine?.tags.some((tag) => tag.startsWith(`${siteName}-`)) === true;
  return {
    owner: account.email,
    locked: account.status === "locked" ? account.status_message || "it is locked" : null,
    machineLimit: account.droplet_limit,
    otherMachines: droplets.filter((droplet) => !isOurs(droplet)).length,
    reservedAddressLimit: account.floating_ip_limit,
    otherReservedAddresses: reserved.filter(({ droplet }) => !isOurs(droplet)).length,
    regions: regions.map(({ slug, available }) => ({ slug, lacks: available ? null : "takes no new machines now" })),
    sizes: sizes.map(({ slug, price_monthly: monthly, available, regions: where }) => ({
      slug, monthly,
      // Both lists must say so: a region takes a size off its own list while it has none left.
      regions: available ? where.filter((region) => regions.find((one) => one.slug === region)?.sizes.includes(slug) === true) : [],
    })),
    imageRegions: found === null ? null : found.regions,
    otherNetworks: vpcs.filter(({ name }) => name !== siteName).map(({ name, ip_range: range }) => ({ name, range })),
  };
}
