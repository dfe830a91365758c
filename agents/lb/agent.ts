import type { Log } from "../log.ts";
import { readSettings, untilStopped } from "../settings.ts";
import { followTopology } from "../topology/follow.ts";
import { floatingAddressOf } from "./address/choose.ts";
import { runtimeApi } from "./haproxy.ts";
import { Keeper } from "./keeper.ts";
import { paths } from "./paths.ts";
import { ServerPool } from "./pool.ts";
import { presenceOf } from "./presence.ts";
import { readCredential, readInstanceId, readLbSettings } from "./settings.ts";
import { Notes } from "./status.ts";
import { keepTicketKeys } from "./tickets.ts";
import { VrrpWatcher } from "./vrrp.ts";
import { watchHealth } from "./watchHealth.ts";

/** Between two looks at a file whose changes are told at once. */
const lookAgainMs = 1_000;

/** What runs on a load balancer all the time. */
export async function runAgent(log: Log): Promise<void> {
  const { cloud, floatingAddress, position, appPort } = await readLbSettings();
  const settings = await readSettings(process.env);
  const self = await readInstanceId(process.env);
  const signal = untilStopped();
  const ask = runtimeApi(paths.adminSocket);
  const address = floatingAddressOf(cloud, { floatingAddress, instanceId: self, token: await readCredential("address-token", process.env) });
  log(`lb-${position}, machine ${self}, for ${floatingAddress}`);

  const notes = new Notes(paths.status, log);
  const keeper = new Keeper({
    address, floatingAddress, self, presenceOf, log,
    onChange: () => void notes.write({ vrrp: keeper.vrrp, holder: keeper.holding?.state === "held" ? keeper.holding.id : null }),
  });
  const vrrp = new VrrpWatcher(paths.vrrpState, (state) => keeper.becomes(state));
  const again = setInterval(() => vrrp.look(), lookAgainMs);
  const pool = new ServerPool({
    ask, appPort, log, serverLinesPath: paths.serverLines, serversStatePath: paths.serversState,
  });

  await Promise.all([
    vrrp.watch(signal),
    keeper.run(signal),
    watchHealth({ ask: presenceOf("127.0.0.1"), trackPath: paths.track, log }, signal),
    pool.run(signal),
    keepTicketKeys({ ask, path: paths.ticketKeys, secret: await readCredential("ticket-secret", process.env), log }, signal),
    followTopology({
      ...settings,
      apply: async (topology) => pool.want(topology),
      log,
      signal,
    }),
  ]);
  clearInterval(again);
  address.close();
}
