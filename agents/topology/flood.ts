/**
 * A VXLAN has no multicast to find its peers with: broadcasts go to a list of machines, one all-zeros entry
 * each. Everything else the kernel learns from the packets themselves.
 */
const allZeros = "00:00:00:00:00:00";

/** Where the kernel sends what is for a MAC address. */
export interface Entry {
  mac: string;
  target: string;
}

/** The entries in what `bridge fdb show dev DEVICE` prints. */
export function fdbEntries(fdb: string): Entry[] {
  return fdb.split("\n").flatMap((line) => {
    const words = line.trim().split(/\s+/);
    const at = words.indexOf("dst");
    const [mac] = words;
    const target = at === -1 ? undefined : words[at + 1];
    return mac === undefined || target === undefined ? [] : [{ mac, target }];
  });
}

/** The `bridge` commands that turn the actual targets of broadcasts into the wanted ones. */
export function planFlood(device: string, wanted: readonly string[], entries: readonly Entry[]): string[][] {
  const command = (verb: string) => ({ mac, target }: Entry) => ["fdb", verb, mac, "dev", device, "dst", target];
  const gone = entries.filter(({ mac, target }) => mac === allZeros && !wanted.includes(target)).map(({ target }) => target);
  return [
    // With a machine goes what was learned from it: its successor may have its MAC address, and send nothing before it hears something.
    ...entries.filter(({ target }) => gone.includes(target)).map(command("del")),
    ...wanted.filter((target) => !entries.some((entry) => entry.mac === allZeros && entry.target === target))
      .map((target) => command("append")({ mac: allZeros, target })),
  ];
}
