import { droplets, onOk } from "../cloud.ts";
import { compare, executedIn, type Execution } from "./execution.ts";
import type { Report } from "./visitors.ts";

/** What the journals of all app servers say of the orders of a run. */
export async function executionOf({ orders, acknowledged }: Pick<Report, "orders" | "acknowledged">): Promise<Execution> {
  const servers = (await droplets()).map(({ name }) => name).filter((name) => /^app-\d+$/.test(name));
  if (servers.length === 0) throw new Error("there is no app server");
  // The first order's number holds the time at which it was made, in microseconds.
  const since = `@${Math.floor(orders.from / 1_000_000)}`;
  const journals = await Promise.all(servers.map(async (server) => await onOk(server, [
    "sh", "-c", `journalctl --no-pager --output=cat --since='${since}' -u 'quickcart-app@*' | grep -F '"executed"' || test $? = 1`,
  ])));
  return compare(journals.flatMap((journal) => executedIn(journal, orders)), acknowledged);
}
