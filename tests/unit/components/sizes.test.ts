import { capacityOf } from "../../../components/sizes.ts";
import { defaultCatalog } from "../../../localcloud/api/catalog.ts";

test.each(defaultCatalog.sizes.map(({ slug, vcpus, memoryMiB }) => [slug, { vcpus, memoryMiB }] as const))("%s, as the local cloud sells it", (slug, capacity) => {
  expect(capacityOf(slug)).toEqual(capacity);
});

test.each([
  ["s-8vcpu-32gb-640gb-intel", 8, 32],
  ["c-16", 16, 32],
  ["c2-4vcpu-8gb", 4, 8],
  ["c-4-intel", 4, 8],
  ["g-4vcpu-16gb", 4, 16],
  ["m3-8vcpu-64gb", 8, 64],
  ["g6-nanode-1", 1, 1],
  ["g6-standard-8", 8, 32],
  ["g6-dedicated-8", 8, 16],
])("%s has %i vCPU and %i GiB", (slug, vcpus, memoryGiB) => {
  expect(capacityOf(slug)).toEqual({ vcpus, memoryMiB: memoryGiB * 1024 });
});

test.each(["large", "g6-standard-3", "s-4vcpu", "4vcpu-8gb", "", "toString"])("%p is not known", (slug) => {
  expect(capacityOf(slug)).toBeNull();
});
