/** What a cloud's size holds, without asking the cloud: settings are checked, and machines configured, before anything is made. */

export interface Capacity {
  readonly vcpus: number;
  readonly memoryMiB: number;
}

const gib = (vcpus: number, memoryGiB: number): Capacity => ({ vcpus, memoryMiB: memoryGiB * 1024 });

/** Linode's names say nothing of memory. https://www.linode.com/pricing/ */
const linode: Readonly<Record<string, Capacity>> = {
  "g6-nanode-1": gib(1, 1),
  "g6-standard-1": gib(1, 2), "g6-standard-2": gib(2, 4), "g6-standard-4": gib(4, 8), "g6-standard-6": gib(6, 16),
  "g6-standard-8": gib(8, 32), "g6-standard-16": gib(16, 64), "g6-standard-20": gib(20, 96), "g6-standard-24": gib(24, 128),
  "g6-dedicated-2": gib(2, 4), "g6-dedicated-4": gib(4, 8), "g6-dedicated-8": gib(8, 16), "g6-dedicated-16": gib(16, 32),
  "g6-dedicated-32": gib(32, 64), "g6-dedicated-48": gib(48, 96), "g6-dedicated-50": gib(50, 128),
  "g7-highmem-1": gib(2, 24), "g7-highmem-2": gib(2, 48), "g7-highmem-4": gib(4, 90), "g7-highmem-8": gib(8, 150), "g7-highmem-16": gib(16, 300),
};

/** GiB for each vCPU of DigitalOcean's CPU-optimized sizes, the only ones whose name leaves the memory out. */
const cpuOptimizedGiB = 2;

/** @returns null for a size that is not known here */
export function capacityOf(size: string): Capacity | null {
  if (Object.hasOwn(linode, size)) return linode[size] ?? null;
  const [, cpuOptimized] = /^c2?-([0-9]+)(?:vcpu-[0-9]+gb)?(?:-[a-z0-9-]+)?$/.exec(size) ?? [];
  if (cpuOptimized !== undefined) return gib(Number(cpuOptimized), Number(cpuOptimized) * cpuOptimizedGiB);
  const [, vcpus, amount, unit] = /^[a-z]+[0-9]*(?:_[0-9]+)?-([0-9]+)vcpu-([0-9]+)(gb|mb)(?:-[a-z0-9-]+)?$/.exec(size) ?? [];
  if (vcpus === undefined || amount === undefined) return null;
  return { vcpus: Number(vcpus), memoryMiB: Number(amount) * (unit === "gb" ? 1024 : 1) };
}
