/** Whether data fits onto fewer masters. Pure. */

export interface Capacity {
  /** In bytes. */
  readonly usedMemory: number;
  /** In bytes; 0: no limit. */
  readonly maxMemory: number;
}

/** Slots are spread evenly, keys are not quite. */
const fillable = 0.9;

const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`;

/**
 * @param owners every master that holds slots now
 * @param masters how many there are to be
 * @returns what is wrong, or null
 */
export function capacityProblem(owners: readonly Capacity[], masters: number): string | null {
  const used = owners.reduce((sum, { usedMemory }) => sum + usedMemory, 0);
  const smallest = Math.min(...owners.map(({ maxMemory }) => maxMemory));
  if (masters >= owners.length || smallest === 0) return null;
  const room = smallest * fillable * masters;
  return used <= room ? null
    : `${gib(used)} do not fit onto ${masters} masters, which may fill ${gib(room)} (90 % of ${gib(smallest)} each): ` +
      `wanted are ${2 * Math.ceil(used / (smallest * fillable))} machines or more, or larger ones`;
}
