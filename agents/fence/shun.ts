import type { Run } from "../commands.ts";

/**
 * Whoever would take over asks every member that there was, and waits two seconds for one that is off. Meanwhile this machine's
 * firewall answers in its place, with a refusal (`templates/private/nftables.conf.hbs`).
 */
export interface Shun {
  begin: (address: string) => Promise<void>;
  /** Once another leads: who comes back must be heard. */
  end: (address: string) => Promise<void>;
}

/** It ends by itself, too, should this agent end. */
const seconds = 60;

export function shunBy(run: Run): Shun {
  const change = async (verb: "add" | "destroy", element: string): Promise<void> => {
    await run("nft", [verb, "element", "inet", "quickcart", "shunned", `{ ${element} }`]);
  };
  return {
    begin: async (address) => change("add", `${address} timeout ${seconds}s`),
    end: async (address) => change("destroy", address),
  };
}
