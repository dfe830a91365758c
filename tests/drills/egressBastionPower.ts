import { setTimeout as pause } from "node:timers/promises";
import { waitFor } from "../../make/wait.ts";
import { address, cloud, droplets, onOk, probeFrom } from "./cloud.ts";
import type { Drill } from "./drill.ts";

const echo = "http://echo.quickcart.test/";
const probeSeconds = 12;

/** The public address that the outside sees app-1 coming from. */
async function seenFrom(): Promise<string> {
  return await onOk("app-1", ["curl", "-sS", "--max-time", "2", echo]);
}

export const egressBastionPower: Drill = {
  name: "egress-bastion-power",
  promise: "when the bastion that carries the private machines' traffic loses power, new connections work again within 3 s",
  minutes: 2,
  suite: "ci",
  where: "cloud",
  sabotage: "app-1 stops choosing its gateway (BIRD is stopped)",
  async run({ sabotage, figure, holds, say, restore }) {
    const before = await seenFrom();
    const carrier = (await droplets()).find((droplet) => before.includes(`"${address(droplet, "public") ?? "none"}"`));
    if (!carrier) throw new Error(`app-1 is seen from ${before}, which is no droplet's public address`);
    holds("private machines go out through a bastion", /^bastion-/.test(carrier.name), carrier.name);
    if (sabotage) {
      await onOk("app-1", ["sh", "-c", 'gateway=$(ip -4 route show table 100 default proto bird | cut -d" " -f3-5); systemctl stop bird; ip route replace default via $gateway table 100 metric 1']);
      restore("app-1's routing", async () => { await onOk("app-1", ["sh", "-c", "ip route del default table 100 metric 1; systemctl start bird"]); });
    }
    restore(`${carrier.name}'s power`, async () => {
      await cloud("power", carrier.name, "on");
      await waitFor(async () => ((await onOk(carrier.name, ["systemctl", "is-active", "bird"])).includes("active") ? true : undefined), { what: `${carrier.name} to be back`, limitMs: 60_000, everyMs: 500 });
      await waitFor(async () => ((await seenFrom()).length > 0 ? true : undefined), { what: "egress from app-1", limitMs: 30_000, everyMs: 500 });
    });
    const [seen] = await Promise.all([
      probeFrom("app-1", echo, probeSeconds),
      (async () => {
        // Not a wait for anything: the probe must have seen the undisturbed state for a while.
        await pause(3_000);
        say(`power loss of ${carrier.name}`);
        await cloud("power", carrier.name, "loss");
      })(),
    ]);
    figure("worst gap of a client asking every 20 ms", seen.worstGapMs / 1000, "s", { max: 3 });
    figure("answered", seen.answered, "count", { min: 1 });
    figure("failed", seen.failed, "count");
    holds("another bastion took over", seen.parties.length === 2, seen.parties.join(" then "));
  },
};
