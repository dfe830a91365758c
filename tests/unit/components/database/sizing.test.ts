import { capacityWarning, machineSizing, sharedSizing, sizingProblem } from "../../../../components/database/sizing.ts";

const machine = (vcpus: number, memoryGiB: number) => ({ vcpus, memoryMiB: memoryGiB * 1024 });
const small = machine(1, 1);
const medium = machine(4, 16);
const large = machine(8, 32);

test("memory and parallelism follow the machine", () => {
  const alike = (one: typeof large) => machineSizing(one, sharedSizing([one, one, one], null));
  expect({ small: alike(small), medium: alike(medium), large: alike(large) }).toEqual({
    small: {
      sharedBuffers: 256, effectiveCacheSize: 768, workMem: 4, maintenanceWorkMem: 64, maxWalSize: 1024,
      maxParallelWorkers: 1, maxParallelWorkersPerGather: 0, maxParallelMaintenanceWorkers: 1, autovacuumMaxWorkers: 2,
    },
    medium: {
      sharedBuffers: 4096, effectiveCacheSize: 12_288, workMem: 57, maintenanceWorkMem: 1024, maxWalSize: 8192,
      maxParallelWorkers: 4, maxParallelWorkersPerGather: 2, maxParallelMaintenanceWorkers: 2, autovacuumMaxWorkers: 2,
    },
    large: {
      sharedBuffers: 8192, effectiveCacheSize: 24_576, workMem: 64, maintenanceWorkMem: 2048, maxWalSize: 16_384,
      maxParallelWorkers: 8, maxParallelWorkersPerGather: 4, maxParallelMaintenanceWorkers: 4, autovacuumMaxWorkers: 4,
    },
  });
});

test.each([
  ["one core", [small, small, small], null, { maxConnections: 80, maxWorkerProcesses: 9, transactionPool: 20, sessionPool: 20, maxWalSenders: 10 }],
  ["eight cores", [large, large, large], null, { maxConnections: 136, maxWorkerProcesses: 16, transactionPool: 64, sessionPool: 32, maxWalSenders: 10 }],
  ["the smallest decides", [large, medium, medium], null, { maxConnections: 92, maxWorkerProcesses: 12, transactionPool: 32, sessionPool: 20 }],
  ["five machines", [large, large, large, large, large], null, { maxWalSenders: 14, maxReplicationSlots: 14 }],
  ["more connections leave the pools as they are", [large, large, large], 300, { maxConnections: 300, transactionPool: 64, sessionPool: 32 }],
  ["fewer connections shrink the pools, too", [large, large, large], 68, { maxConnections: 68, transactionPool: 32, sessionPool: 16 }],
])("what all have alike: %s", (_, fleet, maxConnections, expected) => {
  expect(sharedSizing(fleet, maxConnections)).toMatchObject(expected);
});

test.each([small, medium, large, machine(2, 2), machine(16, 64), machine(32, 192)])("the pools of %j leave connections for others", (one) => {
  const shared = sharedSizing([one, one, one], null);
  expect(shared.transactionPool + shared.sessionPool).toBeLessThanOrEqual(shared.maxConnections - 40);
  expect(sizingProblem(one, shared)).toBeNull();
});

test("a machine that cannot hold what all are to have is refused, with the figures", () => {
  const tiny = { vcpus: 1, memoryMiB: 512 };
  expect(sizingProblem(tiny, sharedSizing([tiny, tiny, tiny], null))).toBe(
    "512 MiB of memory cannot hold 80 connections (400 MiB), shared_buffers (128 MiB), maintenance_work_mem (32 MiB) and the other services (300 MiB): " +
    "860 MiB. Take a larger size",
  );
  expect(sizingProblem(medium, sharedSizing([medium, medium, medium], 2400))).toMatch(/cannot hold 2400 connections .* or fewer connections \(quickcart:database\.maxConnections\)$/);
});

test("a replica that is smaller costs capacity after a failover, and that is said", () => {
  expect(capacityWarning({ ...large, size: "big" }, { ...large, size: "big" })).toBeNull();
  expect(capacityWarning({ ...medium, size: "middle" }, { ...large, size: "big" })).toBeNull();
  expect(capacityWarning({ ...large, size: "big" }, { ...medium, size: "middle" })).toBe(
    "replicas of the database (middle) are smaller than its primary (big): after a failover the new primary has 4 of 8 vCPUs and 16 of 32 GiB of memory " +
    "until somebody switches back. Connections and worker processes are those of the smallest machine at all times",
  );
});
