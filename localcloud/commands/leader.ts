import { UserError } from "../cli/errors.ts";
import { tell } from "../client.ts";

/** Pid of the machine's init, as the host counts. */
export async function leaderOf(machine: string): Promise<number> {
  const { name, leader } = await tell("locate", { machine });
  if (leader === null) throw new UserError(`${name} is switched off; \`localcloud power ${name} on\` starts it`);
  return leader;
}
