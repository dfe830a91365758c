import { setTimeout as pause } from "node:timers/promises";
import { waitFor } from "../../make/wait.ts";
import { address, cloud, droplets, onOk, probeFrom } from "./cloud.ts";
import type { Drill, DrillContext } from "./drill.ts";

const echo = "http://echo.quickcart.test/";
const probeSeconds = 12;
const promisedSeconds = 3;
/** Of the private machines. */
const client = "app-1";

/** The public address that the outside sees the client coming from. */
async function seenFrom(): Promise<string> {
  return await onOk(client, ["curl", "-sS", "--max-time", "2", echo]);
}

async function bastions(): Promise<string[]> {
  return (await droplets()).map(({ name }) => name).filter((name) => name.startsWith("bastion-"));
}

interface Fault {
  name: string;
  /** As the promise goes on after "when the bastion that carries the private machines' traffic". */
  when: string;
  /** What is done, for the reader. */
  what: string;
  strike: (carrier: string) => Promise<void>;
  /** What must have come of it, by the addresses that the outside saw the client coming from. */
  consequence: (context: DrillContext, carrier: string, parties: string[]) => Promise<void>;
  /** What is mended by itself has none. */
  mend?: (carrier: string) => Promise<void>;
  sabotage: string;
  prevent: (context: DrillContext) => Promise<void>;
}

function egressDrill({ name, when, what, strike, consequence, mend, sabotage, prevent }: Fault): Drill {
  return {
    name, sabotage,
    promise: `when the bastion that carries the private machines' traffic ${when}, new connections work again within ${promisedSeconds} s`,
    minutes: 0.5,
    suite: "ci",
    where: "cloud",
    async run(context) {
      const { figure, holds, say, restore } = context;
      const before = await seenFrom();
      const carrier = (await droplets()).find((droplet) => before.includes(`"${address(droplet, "public") ?? "none"}"`));
      if (!carrier) throw new Error(`${client} is seen from ${before}, which is no droplet's public address`);
      holds("private machines go out through a bastion", /^bastion-/.test(carrier.name), carrier.name);
      restore(carrier.name, async () => {
        await mend?.(carrier.name);
        await waitFor(async () => ((await onOk(carrier.name, ["systemctl", "is-active", "bird"])).includes("active") ? true : undefined), { what: `${carrier.name} to be back`, limitMs: 60_000, everyMs: 500 });
        await waitFor(async () => ((await seenFrom()).length > 0 ? true : undefined), { what: `egress from ${client}`, limitMs: 30_000, everyMs: 500 });
      });
      if (context.sabotage) await prevent(context);
      const [seen] = await Promise.all([
        probeFrom(client, echo, probeSeconds),
        (async () => {
          // Not a wait for anything: the probe must have seen the undisturbed state for a while.
          await pause(3_000);
          say(`${what} of ${carrier.name}`);
          await strike(carrier.name);
        })(),
      ]);
      figure("worst gap of a client asking every 20 ms", seen.worstGapMs / 1000, "s", { max: promisedSeconds });
      figure("answered", seen.answered, "count", { min: 1 });
      figure("failed", seen.failed, "count");
      await consequence(context, carrier.name, seen.parties);
    },
  };
}

export const egressBastionPower = egressDrill({
  name: "egress-bastion-power", when: "loses power", what: "power loss",
  strike: async (carrier) => { await cloud("power", carrier, "loss"); },
  async consequence({ holds }, _, parties) { holds("another bastion took over", parties.length === 2, parties.join(" then ")); },
  mend: async (carrier) => { await cloud("power", carrier, "on"); },
  sabotage: `${client} stops choosing its gateway (BIRD is stopped)`,
  async prevent({ restore }) {
    await onOk(client, ["sh", "-c", 'gateway=$(ip -4 route show table 100 default proto bird | cut -d" " -f3-5); systemctl stop bird; ip route replace default via $gateway table 100 metric 1']);
    restore(`${client}'s routing`, async () => { await onOk(client, ["sh", "-c", "ip route del default table 100 metric 1; systemctl start bird"]); });
  },
});

export const egressBastionKilled = egressDrill({
  name: "egress-bastion-killed", when: "loses BIRD, by which others know that it is there", what: "kill of BIRD",
  strike: async (carrier) => { await onOk(carrier, ["sh", "-ec", "systemctl reset-failed bird; systemctl kill --kill-whom=all --signal=KILL bird"]); },
  // systemd is quicker than the 600 ms after which others take over; either will do.
  async consequence({ holds }, carrier, parties) {
    const restarts = (await onOk(carrier, ["systemctl", "show", "--property=NRestarts", "--value", "bird"])).trim();
    holds("BIRD was started again", restarts === "1", `${restarts} times; seen from ${parties.join(" then ")}`);
  },
  sabotage: "no bastion's BIRD may be started again, and the other one's is stopped",
  async prevent({ restore }) {
    for (const bastion of await bastions()) {
      restore(`BIRD of ${bastion}`, async () => { await onOk(bastion, ["sh", "-ec", "systemctl unmask --runtime bird; systemctl reset-failed bird; systemctl start bird"]); });
      await onOk(bastion, ["systemctl", "mask", "--runtime", "--quiet", "bird"]);
    }
    const before = await seenFrom();
    for (const droplet of await droplets()) {
      if (droplet.name.startsWith("bastion-") && !before.includes(`"${address(droplet, "public") ?? "none"}"`)) await onOk(droplet.name, ["systemctl", "stop", "bird"]);
    }
  },
});
