/** PostgreSQL's settings, in its own words. */
import { type MachineSizing, type SharedSizing } from "./sizing.ts";

export type Parameters = Readonly<Record<string, string | number>>;

/** Those that follow from the machine, and from what is on it. */
export function machineParameters(sizing: MachineSizing): Parameters {
  return {
    shared_buffers: mebibytes(sizing.sharedBuffers),
    effective_cache_size: mebibytes(sizing.effectiveCacheSize),
    work_mem: mebibytes(sizing.workMem),
    maintenance_work_mem: mebibytes(sizing.maintenanceWorkMem),
    max_wal_size: mebibytes(sizing.maxWalSize),
    max_parallel_workers: sizing.maxParallelWorkers,
    max_parallel_workers_per_gather: sizing.maxParallelWorkersPerGather,
    max_parallel_maintenance_workers: sizing.maxParallelMaintenanceWorkers,
    autovacuum_max_workers: sizing.autovacuumMaxWorkers,
    // Programs of this machine: while machines are changed one after the other, some do not have a new one yet.
    // pgBackRest backs up no server whose archive_command does not contain its name.
    archive_command: "/usr/local/sbin/quickcart-pgbackrest put %f %p",
    // For a replica that is behind what the primary has kept.
    restore_command: '/usr/local/sbin/quickcart-pgbackrest get %f "%p"',
  };
}

/** How Patroni is to run the cluster, and what all of its machines have alike; kept in etcd. */
export function dynamicConfiguration(shared: SharedSizing) {
  return {
    // Patroni takes no less than 20, 3 and 1.
    ttl: 20,
    loop_wait: 2,
    retry_timeout: 3,
    // A primary whose PostgreSQL has crashed hands over instead of recovering.
    primary_start_timeout: 0,
    maximum_lag_on_failover: 16 * 1024 * 1024,
    // A primary that sees all others goes on when etcd does not answer.
    failsafe_mode: true,
    // A commit that asks for it waits for one of the others, and only those become primary that cannot lack it.
    synchronous_mode: "quorum",
    synchronous_mode_strict: true,
    synchronous_node_count: 1,
    postgresql: {
      use_pg_rewind: true,
      use_slots: true,
      parameters: {
        max_connections: shared.maxConnections,
        max_worker_processes: shared.maxWorkerProcesses,
        max_wal_senders: shared.maxWalSenders,
        max_replication_slots: shared.maxReplicationSlots,
        max_prepared_transactions: shared.maxPreparedTransactions,
        max_locks_per_transaction: shared.maxLocksPerTransaction,
        ...clusterParameters,
      },
    },
  };
}

/** Of a cluster that has no replica yet, until its PostgreSQL has started (`quickcart-started`). */
export function firstConfiguration(shared: SharedSizing) {
  return { ...dynamicConfiguration(shared), synchronous_mode_strict: false };
}

const clusterParameters: Parameters = {
  wal_level: "replica",
  hot_standby: "on",
  hot_standby_feedback: "on",
  // Ordinary commits do not wait for the others; those that must never be lost say so.
  synchronous_commit: "local",
  huge_pages: "try",
  shared_preload_libraries: "pg_stat_statements",
  wal_log_hints: "on",
  wal_compression: "lz4",
  wal_keep_size: "512MB",
  // A replica that is away for long is made anew; the primary's disk is worth more.
  max_slot_wal_keep_size: "16GB",
  checkpoint_completion_target: 0.9,
  archive_mode: "on",
  // What is lost with all machines at once is what was written since, and what was under way: less than a minute.
  archive_timeout: "30s",
  random_page_cost: 1.1,
  effective_io_concurrency: 200,
  jit: "off",
  // Replication notices a peer without power.
  wal_sender_timeout: "5s",
  wal_receiver_timeout: "5s",
  wal_receiver_status_interval: "1s",
  wal_retrieve_retry_interval: "500ms",
  tcp_keepalives_idle: 10,
  tcp_keepalives_interval: 2,
  tcp_keepalives_count: 3,
  client_connection_check_interval: "5s",
  password_encryption: "scram-sha-256",
  log_line_prefix: "%m [%p] %q%u@%d ",
  log_checkpoints: "on",
  log_lock_waits: "on",
  log_min_duration_statement: "1s",
  log_autovacuum_min_duration: "10s",
  // What a statement was given may be somebody's password.
  log_parameter_max_length: 0,
  log_parameter_max_length_on_error: 0,
};

function mebibytes(count: number): string {
  return `${count}MB`;
}
