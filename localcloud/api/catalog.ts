/** What can be ordered: regions, sizes, images. Prices and shapes as DigitalOcean listed them in November 2026. */

export interface Size {
  slug: string;
  memoryMiB: number;
  vcpus: number;
  diskGiB: number;
  transferTiB: number;
  priceMonthly: number;
  description: string;
}

export interface Image {
  id: number;
  slug: string;
  name: string;
  distribution: string;
  description: string;
  minDiskGiB: number;
}

export interface Region {
  slug: string;
  name: string;
}

export interface Catalog {
  regions: Region[];
  sizes: Size[];
  images: Image[];
}

const size = (
  slug: string, vcpus: number, memoryGiB: number, diskGiB: number, transferTiB: number, priceMonthly: number, description: string,
): Size => ({ slug, vcpus, memoryMiB: memoryGiB * 1024, diskGiB, transferTiB, priceMonthly, description });

export const defaultCatalog: Catalog = {
  regions: [{ slug: "fra1", name: "Frankfurt 1" }],
  sizes: [
    size("s-1vcpu-512mb-10gb", 1, 0.5, 10, 0.5, 4, "Basic"),
    size("s-1vcpu-1gb", 1, 1, 25, 1, 6, "Basic"),
    size("s-1vcpu-2gb", 1, 2, 50, 2, 12, "Basic"),
    size("s-2vcpu-2gb", 2, 2, 60, 3, 18, "Basic"),
    size("s-2vcpu-4gb", 2, 4, 80, 4, 24, "Basic"),
    size("s-4vcpu-8gb", 4, 8, 160, 5, 48, "Basic"),
    size("s-8vcpu-16gb", 8, 16, 320, 6, 96, "Basic"),
    size("s-2vcpu-8gb-160gb-intel", 2, 8, 160, 5, 48, "Basic — Premium Intel"),
    size("s-4vcpu-16gb-320gb-intel", 4, 16, 320, 8, 96, "Basic — Premium Intel"),
    size("s-8vcpu-32gb-640gb-intel", 8, 32, 640, 10, 192, "Basic — Premium Intel"),
    size("c-2", 2, 4, 25, 4, 42, "CPU-Optimized"),
    size("c-4", 4, 8, 50, 5, 84, "CPU-Optimized"),
    size("c-8", 8, 16, 100, 6, 168, "CPU-Optimized"),
    size("g-2vcpu-8gb", 2, 8, 25, 4, 63, "General Purpose"),
    size("g-4vcpu-16gb", 4, 16, 50, 5, 126, "General Purpose"),
    size("g-4vcpu-16gb-intel", 4, 16, 60, 5, 151, "General Purpose — Premium Intel"),
    size("gd-8vcpu-32gb-intel", 8, 32, 300, 7, 353, "General Purpose 2x SSD — Premium Intel"),
    size("m-2vcpu-16gb", 2, 16, 50, 4, 84, "Memory-Optimized"),
    size("m-2vcpu-16gb-intel", 2, 16, 50, 4, 99, "Memory-Optimized — Premium Intel"),
    size("so1_5-4vcpu-32gb-intel", 4, 32, 900, 6, 262, "Storage-Optimized 1.5x SSD — Premium Intel"),
  ],
  images: [
    { id: 195_932_981, slug: "debian-13-x64", name: "13 x64", distribution: "Debian", description: "Debian 13 x64", minDiskGiB: 7 },
  ],
};

const regionFeatures = ["metadata", "install_agent"];

export function regionView(catalog: Catalog, slug: string): Record<string, unknown> {
  const region = catalog.regions.find((candidate) => candidate.slug === slug);
  return {
    name: region?.name ?? slug,
    slug,
    sizes: catalog.sizes.map((candidate) => candidate.slug),
    features: regionFeatures,
    available: region !== undefined,
  };
}

export function sizeView(catalog: Catalog, slug: string): Record<string, unknown> {
  const found = catalog.sizes.find((candidate) => candidate.slug === slug);
  if (found === undefined) throw new Error(`A droplet has the size "${slug}", which the catalogue no longer has.`);
  return {
    slug,
    memory: found.memoryMiB,
    vcpus: found.vcpus,
    disk: found.diskGiB,
    transfer: found.transferTiB,
    price_monthly: found.priceMonthly,
    // A month is 672 hours in DigitalOcean's price list, e.g. 6.00 a month is 0.00893 an hour.
    price_hourly: Math.round((found.priceMonthly / 672) * 100_000) / 100_000,
    regions: catalog.regions.map((region) => region.slug),
    available: true,
    description: found.description,
  };
}

export function imageView(catalog: Catalog, slug: string): Record<string, unknown> {
  const image = catalog.images.find((candidate) => candidate.slug === slug);
  if (image === undefined) throw new Error(`A droplet has the image "${slug}", which the catalogue no longer has.`);
  return {
    id: image.id,
    name: image.name,
    type: "base",
    distribution: image.distribution,
    slug: image.slug,
    public: true,
    regions: catalog.regions.map((region) => region.slug),
    created_at: "2025-08-18T16:35:00Z",
    min_disk_size: image.minDiskGiB,
    size_gigabytes: 0.61,
    description: image.description,
    tags: [],
    status: "available",
  };
}
