import { type Output, type Resource, RunError } from "@pulumi/pulumi";
import { RandomId } from "@pulumi/random/randomId.js";

const wordOf = (tls: boolean): string => tls ? "on" : "off";

/**
 * Whether the cluster's machines talk TLS. The state remembers what they were made with, and a change is refused, in the preview
 * already: what depends on it then never learns what it is to become, so nothing that does is touched.
 */
export function keptTls(name: string, wanted: boolean, parent: Resource): Output<boolean> {
  // Only remembers.
  const { keepers } = new RandomId(`${name}-tls`, { byteLength: 1, keepers: { tls: wordOf(wanted) } }, { parent, ignoreChanges: ["keepers"] });
  return keepers.apply((kept) => {
    const refusal = tlsRefusal(kept?.["tls"], wanted);
    if (refusal !== null) throw new RunError(refusal);
    return wanted;
  });
}

/** @param kept what the cluster was made with. Pure. */
export function tlsRefusal(kept: string | undefined, wanted: boolean): string | null {
  if (kept === undefined || kept === wordOf(wanted)) return null;
  return `quickcart:redis.tls: the cluster was made with TLS ${kept}, and a cluster that holds data keeps that: changed one after the other, its machines would not hear ` +
    `each other, nor the app servers them. Nothing was touched. Set it back with \`pulumi config set --path quickcart:redis.tls ${String(!wanted)}\`, or make the cluster anew (docs/runbooks/redis.md, "TLS, or none").`;
}
