import { createServer } from "node:net";
import { z } from "zod";
import { accessMatrix, type Source, type Tier } from "../../components/accessMatrix.ts";
import { ports } from "../../components/ports.ts";
import { publicNetwork } from "../../localcloud/addresses.ts";
import { address, api, booted, createDroplet, deleteDroplet, droplets, on } from "./cloud.ts";
import type { Drill } from "./drill.ts";
import { reach, type Target } from "./reach.ts";
import { readSite } from "./site.ts";

/** Every port of the table, and some that no row names. */
const triedPorts = [...new Set([...Object.values(ports).flatMap((range) => [range.from, range.to]), 21, 25, 2999, 8001])].sort((a, b) => a - b);

const allowed = (from: Source[], to: Tier, port: number): boolean =>
  accessMatrix.some((row) => row.protocol === "tcp" && row.to.includes(to) && row.from.some((source) => from.includes(source)) && port >= row.ports.from && port <= row.ports.to);

/** Named by no egress row. */
const outsidePort = 2525;

interface Pair {
  what: string;
  /** null: the cloud's own namespace, where the stack's administrator sits. */
  machine: string | null;
  as: Source[];
  to: Tier;
  address: string;
}

export const firewallBasics: Drill = {
  name: "firewall-basics",
  promise: "what the access matrix names passes, everything else is dropped on the wire",
  minutes: 0.75,
  suite: "ci",
  where: "cloud",
  sabotage: "the app tier's firewall is opened to everyone",
  async run({ figure, holds, restore, sabotage, say }) {
    const all = await droplets();
    const at = (name: string, type: "public" | "private"): string => {
      const found = all.find((droplet) => droplet.name === name);
      const result = found && address(found, type);
      if (!result) throw new Error(`${name} has no ${type} address`);
      return result;
    };
    const { vpcs } = z.object({ vpcs: z.array(z.object({ id: z.string(), name: z.string(), default: z.boolean() })) }).parse((await api("GET", "/v2/vpcs")).body);
    const vpc = vpcs.find((one) => !one.default && one.name.includes("quickcart"));
    if (!vpc) throw new Error(`no VPC of the stack among ${vpcs.map((one) => one.name).join(", ")}`);
    say("a stranger in the VPC: a droplet with a public address and neither tag nor firewall");
    const stranger = await createDroplet({ name: "drill-stranger", vpc_uuid: vpc.id });
    restore("the stranger", async () => deleteDroplet(stranger.id));
    await booted(stranger);

    if (sabotage) {
      const anyone = { protocol: "tcp", ports: "1-65535", sources: { addresses: ["0.0.0.0/0"] } };
      const answer = await api("POST", "/v2/firewalls", { name: "drill-open", tags: ["quickcart-local-app"], inbound_rules: [anyone] });
      const { firewall } = z.object({ firewall: z.object({ id: z.string() }) }).parse(answer.body);
      restore("the app tier's firewall", async () => { await api("DELETE", `/v2/firewalls/${firewall.id}`); });
    }

    const pairs: Pair[] = [
      { what: "bastion-1 to app-1", machine: "bastion-1", as: ["bastion"], to: "app", address: at("app-1", "private") },
      { what: "bastion-1 to bastion-2", machine: "bastion-1", as: ["bastion"], to: "bastion", address: at("bastion-2", "private") },
      { what: "app-1 to bastion-1", machine: "app-1", as: ["app"], to: "bastion", address: at("bastion-1", "private") },
      { what: "the administrator to bastion-1's public address", machine: null, as: ["admin", "anywhere"], to: "bastion", address: at("bastion-1", "public") },
      { what: "a stranger to bastion-1's public address", machine: "drill-stranger", as: ["anywhere"], to: "bastion", address: at("bastion-1", "public") },
      { what: "a stranger in the VPC to bastion-1", machine: "drill-stranger", as: ["anywhere"], to: "bastion", address: at("bastion-1", "private") },
      { what: "a stranger in the VPC to app-1", machine: "drill-stranger", as: ["anywhere"], to: "app", address: at("app-1", "private") },
    ];
    const loadBalancers: Pair[] = [
      { what: "a stranger to lb-1's public address", machine: "drill-stranger", as: ["anywhere"], to: "lb", address: at("lb-1", "public") },
      { what: "a stranger in the VPC to lb-1", machine: "drill-stranger", as: ["anywhere"], to: "lb", address: at("lb-1", "private") },
      { what: "the administrator to the floating address", machine: null, as: ["admin", "anywhere"], to: "lb", address: (await readSite()).address },
      { what: "bastion-1 to lb-1", machine: "bastion-1", as: ["bastion", "anywhere"], to: "lb", address: at("lb-1", "private") },
      { what: "lb-1 to app-1", machine: "lb-1", as: ["lb"], to: "app", address: at("app-1", "private") },
      { what: "app-1 to lb-1", machine: "app-1", as: ["app", "anywhere"], to: "lb", address: at("lb-1", "private") },
    ];
    let passed = 0;
    let dropped = 0;
    for (const pair of [...pairs, ...loadBalancers]) {
      const targets: Target[] = triedPorts.map((port) => ({ address: pair.address, port }));
      const found = await reach(pair.machine, targets);
      const wrong: string[] = [];
      for (const port of triedPorts) {
        const expected = allowed(pair.as, pair.to, port) ? "passed" : "dropped";
        const seen = found.get(`${pair.address}:${port}`);
        if (seen !== expected) wrong.push(`${port} ${seen}`);
        if (seen === "passed") passed += 1;
        else dropped += 1;
      }
      holds(`${pair.what}: as the matrix says`, wrong.length === 0, wrong.length === 0 ? `${triedPorts.length} ports` : wrong.join(", "));
    }
    figure("connections that passed", passed, "count", { min: 1 });
    figure("connections that were dropped", dropped, "count", { min: 1 });

    const stopped = async (machine: string, what: string, argv: string[]): Promise<void> => {
      const { code } = await on(machine, argv);
      holds(what, code !== 0);
    };
    await stopped("app-1", "app-1 cannot ping bastion-1: no row names ICMP", ["ping", "-c1", "-W1", at("bastion-1", "private")]);
    const outside = createServer((socket) => socket.end()).listen(outsidePort, publicNetwork.gateway);
    restore("the server outside", async () => { outside.close(); await Promise.resolve(); });
    const connect = ["timeout", "2", "bash", "-c", `</dev/tcp/${publicNetwork.gateway}/${outsidePort}`];
    holds("a machine without a firewall reaches any port outside", (await on("drill-stranger", connect)).code === 0);
    await stopped("bastion-1", `bastion-1 does not: no egress row names port ${outsidePort}`, connect);
    await stopped("app-1", "app-1 does not, through the bastions either", connect);
    await stopped("app-1", "only root may ask app-1's metadata service", ["setpriv", "--reuid=nobody", "--clear-groups", "curl", "-sS", "--max-time", "2", "http://169.254.169.254/metadata/v1/user-data"]);
    holds("root may", (await on("app-1", ["curl", "-sSf", "--max-time", "2", "http://169.254.169.254/metadata/v1/id"])).code === 0);
  },
};
