/**
 * A new version of the app starts beside the old one, on the next port of the app's range. Load balancers watch both
 * slots of every server, and health decides which one serves: nobody has to be told of a release.
 */
export const slots = ["blue", "green"] as const;
export type Slot = (typeof slots)[number];

export const otherSlot = (slot: Slot): Slot => slot === "blue" ? "green" : "blue";

/** @param first the port of the setting `quickcart:app.port` */
export const slotPort = (first: number, slot: Slot): number => first + slots.indexOf(slot);

/** How load balancers look at a slot, in milliseconds. Release agents wait by the same numbers. */
export const healthCheck = {
  path: "/healthz",
  intervalMs: 500,
  /** While a server is changing its state. */
  fastIntervalMs: 200,
  timeoutMs: 500,
  rise: 2,
  fall: 2,
} as const;

/** From a slot's first good answer until every load balancer sends it requests; as long as until all have seen it go. */
export const noticedAfterMs = healthCheck.intervalMs + healthCheck.timeoutMs + healthCheck.fastIntervalMs * healthCheck.rise + 600;
