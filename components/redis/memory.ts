/** What a node's memory is for. Pure. */
export interface RedisMemory {
  readonly maxMemoryMiB: number;
  /** Writes that a replica may miss and still catch up without fetching everything. */
  readonly backlogMiB: number;
}

/** The rest is for the copy of a rewrite, replicas' buffers and the system. */
const dataShare = 0.7;
const smallestBacklogMiB = 16;

export function redisMemory(memoryMiB: number): RedisMemory {
  return { maxMemoryMiB: Math.floor(memoryMiB * dataShare), backlogMiB: Math.max(smallestBacklogMiB, Math.floor(memoryMiB / 256)) };
}
