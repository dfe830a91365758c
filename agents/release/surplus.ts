export interface InstalledBundle {
  name: string;
  /** When it last went into service, or was fetched. */
  selectedMs: number;
}

const kept = 5;

/** Which bundles can go: all but the five that were in service last; never one that a slot holds. */
export function surplus(bundles: readonly InstalledBundle[], held: readonly string[]): string[] {
  const isHeld = ({ name }: InstalledBundle): boolean => held.includes(name);
  return bundles
    .toSorted((a, b) => Number(isHeld(b)) - Number(isHeld(a)) || b.selectedMs - a.selectedMs)
    .filter((bundle, index) => index >= kept && !isHeld(bundle))
    .map((bundle) => bundle.name);
}
