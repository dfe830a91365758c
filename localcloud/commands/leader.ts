import { existsSync } from "node:fs";
import { UserError } from "../cli/errors.ts";
import { tell } from "../client.ts";
import { waitUntil } from "../lifecycle/wait.ts";

/** How long a machine that is just booting may take until its init takes orders, in ms. */
const bootLimit = 20_000;

/** Pid of the machine's init, as the host counts, once it takes orders. */
export async function leaderOf(machine: string): Promise<number> {
  const { name, leader } = await tell("locate", { machine });
  if (leader === null) throw new UserError(`${name} is switched off; \`localcloud power ${name} on\` starts it`);
  await waitUntil(`the init of ${name} takes orders`, bootLimit, () => existsSync(`/proc/${leader}/root/run/dbus/system_bus_socket`));
  return leader;
}
