import type { Run } from "../commands.ts";

/** Makes every question to that machine's Patroni fail at once, for a while. */
export type Shun = (address: string) => Promise<void>;

/** From the decision until another leads; a machine that gets its power back is not asked anything before. */
const seconds = 60;

/**
 * Whoever would take over asks every member that there was, and waits two seconds for one that is off. Here the firewall
 * answers in its place (`templates/private/nftables.conf.hbs`); the entry ends by itself.
 */
export const shunBy = (run: Run): Shun => async (address) => {
  await run("nft", ["add", "element", "inet", "quickcart", "shunned", `{ ${address} timeout ${seconds}s }`]);
};
