/** Milliseconds of the kernel's monotonic clock: the same for every process of the host, so that a drill's events and its visitors' answers compare. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6;
