/**
 * A gateway's VXLAN has no multicast to find its peers with: broadcasts go to a list of machines, one all-zeros entry
 * each. Everything else the kernel learns from the packets themselves.
 */
const allZeros = "00:00:00:00:00:00";

/** Destinations of the all-zeros entries in what `bridge fdb show dev DEVICE` prints. */
export function floodTargets(fdb: string): string[] {
  return fdb.split("\n").flatMap((line) => {
    const words = line.trim().split(/\s+/);
    const at = words.indexOf("dst");
    const target = at === -1 ? undefined : words[at + 1];
    return words[0] === allZeros && target !== undefined ? [target] : [];
  });
}

/** The `bridge` commands that turn the actual targets into the wanted ones. */
export function planFlood(device: string, wanted: readonly string[], actual: readonly string[]): string[][] {
  const command = (verb: string) => (target: string) => ["fdb", verb, allZeros, "dev", device, "dst", target];
  return [
    ...actual.filter((target) => !wanted.includes(target)).map(command("del")),
    ...wanted.filter((target) => !actual.includes(target)).map(command("append")),
  ];
}
