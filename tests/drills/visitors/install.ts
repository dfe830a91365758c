import { onStackOk } from "../../../make/stack.ts";
import { visitorsBundle } from "./bundle.ts";

const minute = 60_000;

/** What the site runs while visitors are there; drills that run `pulumi up` themselves pass it on, or they would release the real app. */
export async function visitorsSettings(version = "1"): Promise<Record<string, unknown>> {
  return { "quickcart:app": { bundle: (await visitorsBundle(version)).path } };
}

/** Releases the visitors' app on the local stack. */
export async function installVisitors(): Promise<void> {
  await onStackOk("up", { limitMs: 5 * minute, config: await visitorsSettings() });
}

/** Releases the real app again. */
export async function restoreApp(): Promise<void> {
  await onStackOk("up", { limitMs: 5 * minute });
}
