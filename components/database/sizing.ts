/** What PostgreSQL and PgBouncer get of a machine. Pure. */
import { type Capacity } from "../sizes.ts";

/** In PostgreSQL's words. Memory in MiB. */
export interface MachineSizing {
  readonly sharedBuffers: number;
  readonly effectiveCacheSize: number;
  readonly workMem: number;
  readonly maintenanceWorkMem: number;
  readonly maxWalSize: number;
  readonly maxParallelWorkers: number;
  readonly maxParallelWorkersPerGather: number;
  readonly maxParallelMaintenanceWorkers: number;
  readonly autovacuumMaxWorkers: number;
}

/**
 * What a standby must have at least as much of as its primary, and what is made from it. Anyone may become the primary, so
 * there is one value for all. https://www.postgresql.org/docs/17/hot-standby.html#HOT-STANDBY-ADMIN
 */
export interface SharedSizing {
  readonly maxConnections: number;
  readonly maxWorkerProcesses: number;
  readonly maxWalSenders: number;
  readonly maxReplicationSlots: number;
  readonly maxPreparedTransactions: number;
  readonly maxLocksPerTransaction: number;
  /** Of PgBouncer, to PostgreSQL. */
  readonly transactionPool: number;
  readonly sessionPool: number;
}

/** For migrations, LISTEN, replication's helpers, exporters, Patroni, and whoever mends something at night. */
const directConnections = 40;

/** Patroni, etcd, PgBouncer, exporters, agents and the system itself, in MiB. */
const servicesMiB = 300;

/** What an idle connection costs beyond shared memory, in MiB. */
const connectionMiB = 5;

/** @param maxConnections as the stack's owner wants it, or null */
export function sharedSizing(machines: readonly Capacity[], maxConnections: number | null): SharedSizing {
  const vcpus = Math.min(...machines.map((machine) => machine.vcpus));
  // A connection that works takes a core; some wait for disks or locks.
  const transactionPool = clamp(8 * vcpus, 20, 200);
  const sessionPool = clamp(4 * vcpus, 20, 100);
  const wanted = transactionPool + sessionPool + directConnections;
  const given = maxConnections ?? wanted;
  return {
    maxConnections: given,
    maxWorkerProcesses: vcpus + 8,
    // Each of the others streams, and may take a base backup besides; so may the backup and an administrator.
    maxWalSenders: 2 * machines.length + 4,
    maxReplicationSlots: 2 * machines.length + 4,
    maxPreparedTransactions: 0,
    maxLocksPerTransaction: 128,
    transactionPool: scaled(transactionPool, given, wanted),
    sessionPool: scaled(sessionPool, given, wanted),
  };
}

export function machineSizing({ vcpus, memoryMiB }: Capacity, { maxConnections }: SharedSizing): MachineSizing {
  const sharedBuffers = Math.floor(memoryMiB / 4);
  const maintenanceWorkMem = clamp(Math.floor(memoryMiB / 16), 32, 2048);
  const free = memoryMiB - servicesMiB - sharedBuffers - maintenanceWorkMem - maxConnections * connectionMiB;
  return {
    sharedBuffers,
    effectiveCacheSize: Math.floor(memoryMiB * 3 / 4),
    // A statement may take it more than once.
    workMem: clamp(Math.floor(free / maxConnections / 2), 4, 64),
    maintenanceWorkMem,
    maxWalSize: clamp(Math.floor(memoryMiB / 2), 1024, 16_384),
    maxParallelWorkers: vcpus,
    maxParallelWorkersPerGather: clamp(Math.floor(vcpus / 2), 0, 4),
    maxParallelMaintenanceWorkers: clamp(Math.floor(vcpus / 2), 1, 4),
    autovacuumMaxWorkers: clamp(Math.floor(vcpus / 2), 2, 5),
  };
}

/** Why a machine cannot hold what all of them are to have; null when it can. */
export function sizingProblem({ memoryMiB }: Capacity, shared: SharedSizing): string | null {
  const { sharedBuffers, maintenanceWorkMem } = machineSizing({ memoryMiB, vcpus: 1 }, shared);
  const connections = shared.maxConnections * connectionMiB;
  const needed = servicesMiB + sharedBuffers + maintenanceWorkMem + connections;
  return needed <= memoryMiB ? null
    : `${memoryMiB} MiB of memory cannot hold ${shared.maxConnections} connections (${connections} MiB), shared_buffers (${sharedBuffers} MiB), ` +
      `maintenance_work_mem (${maintenanceWorkMem} MiB) and the other services (${servicesMiB} MiB): ${needed} MiB. Take a larger size` +
      (memoryMiB >= 1024 ? ", or fewer connections (quickcart:database.maxConnections)" : "");
}

/** What a failover to a smaller machine would cost; null when all are alike. */
export function capacityWarning(primary: Capacity & { readonly size: string }, replica: Capacity & { readonly size: string }): string | null {
  if (replica.vcpus >= primary.vcpus && replica.memoryMiB >= primary.memoryMiB) return null;
  const less = [
    replica.vcpus < primary.vcpus ? `${replica.vcpus} of ${primary.vcpus} vCPUs` : null,
    replica.memoryMiB < primary.memoryMiB ? `${gib(replica)} of ${gib(primary)} GiB of memory` : null,
  ].filter((one) => one !== null);
  return `replicas of the database (${replica.size}) are smaller than its primary (${primary.size}): after a failover the new primary has ` +
    `${less.join(" and ")} until somebody switches back. Connections and worker processes are those of the smallest machine at all times`;
}

function gib({ memoryMiB }: Capacity): string {
  return String(Math.round(memoryMiB / 102.4) / 10);
}

function clamp(value: number, from: number, to: number): number {
  return Math.min(to, Math.max(from, value));
}

/** Keeps the pools' part of the connections. */
function scaled(pool: number, given: number, wanted: number): number {
  return Math.max(1, Math.floor(pool * Math.min(1, given / wanted)));
}
