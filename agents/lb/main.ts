import { message } from "../errors.ts";
import { floatingAddressOf } from "./address/choose.ts";
import { runAgent } from "./agent.ts";
import { leave } from "./handover.ts";
import { runtimeApi } from "./haproxy.ts";
import { paths } from "./paths.ts";
import { setLeaving } from "./selfState.ts";
import { readCredential, readInstanceId, readLbSettings } from "./settings.ts";
import { readStatus } from "./status.ts";
import { writeTicketKeys } from "./tickets.ts";

const usage = `quickcart-lb: a load balancer's part in who holds the floating address.

  quickcart-lb leave     give the address to the other load balancer, and wait until it has it
  quickcart-lb return    be ready to take the address again
  quickcart-lb status    who holds the address, and what HAProxy says of the app servers, as JSON
  quickcart-lb tickets   write the keys of TLS session tickets that HAProxy starts with

Without a word it is the agent itself: see \`systemctl status quickcart-lb\`.`;

const log = console.log;
const ask = runtimeApi(paths.adminSocket);

/** Each answers the exit code. */
const verbs: Record<string, () => Promise<number>> = {
  async leave() {
    const { cloud, floatingAddress } = await readLbSettings();
    const self = await readInstanceId(process.env);
    const address = floatingAddressOf(cloud, { floatingAddress, instanceId: self, token: await readCredential("address-token", process.env) });
    const left = await leave({ ask, address, self, trackPath: paths.track, log });
    address.close();
    return left ? 0 : 1;
  },
  async return() {
    await setLeaving(ask, false);
    log("HAProxy says that it serves; the agent tells keepalived within a second");
    return 0;
  },
  async status() {
    log(JSON.stringify(await readStatus(paths.status, ask)));
    return 0;
  },
  async tickets() {
    await writeTicketKeys(paths.ticketKeys, await readCredential("ticket-secret", process.env), Date.now());
    return 0;
  },
};

async function main(words: readonly string[]): Promise<number> {
  const [verb, ...rest] = words;
  if (verb === undefined) {
    await runAgent(log);
    return 0;
  }
  const known = rest.length === 0 && Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (known === undefined) {
    console.error(usage);
    return 2;
  }
  try {
    return await known();
  } catch (error) {
    console.error(`quickcart-lb ${verb}: ${message(error)}`);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
