export interface InstalledBundle {
  name: string;
  /** When it last went into service. */
  selectedMs: number;
}

const kept = 5;

/** Which bundles can go: all but the five that were in service last; never the current one. */
export function surplus(bundles: readonly InstalledBundle[], current: string | null): string[] {
  return bundles
    .toSorted((a, b) => Number(b.name === current) - Number(a.name === current) || b.selectedMs - a.selectedMs)
    .slice(kept)
    .map((bundle) => bundle.name);
}
