import { topologySchema } from "../documents.ts";
import { message } from "../errors.ts";
import { readIfThere } from "../files.ts";
import { parseDocument } from "../follow.ts";
import { runAgent } from "./agent.ts";
import { capacityProblem } from "./capacity.ts";
import { slotCount } from "./clusterNodes.ts";
import { leave } from "./handover.ts";
import { Nodes } from "./nodes.ts";
import { ownStatus } from "./ownStatus.ts";
import { becomesReady } from "./ready.ts";
import { paths, readRedisSettings, type RedisSettings } from "./settings.ts";
import { look, redisMachines, survey } from "./survey.ts";

const usage = `quickcart-redis: this machine's part in the Redis Cluster.

  quickcart-redis leave      make a replica master of what this machine holds, and wait until it is
  quickcart-redis ready N    wait until the cluster is well, with N machines
  quickcart-redis fits N     whether what is in the cluster would fit onto N machines
  quickcart-redis node       this machine's own role, slots, link and memory, as JSON
  quickcart-redis status     who is master, who replica, and who holds how many slots, as JSON

Without a word it is the agent itself: see \`systemctl status quickcart-redis\`.`;

const log = console.log;

type Verb = (settings: RedisSettings & { nodes: Nodes }, count: number) => Promise<boolean>;

/** Each answers whether it is as was asked. */
const verbs: Record<string, { counted: boolean; verb: Verb }> = {
  leave: { counted: false, verb: ({ nodes, ownAddress }) => leave({ ask: nodes.ask, ownAddress, log }) },
  ready: { counted: true, verb: ({ nodes, self }, machines) => becomesReady({ ask: nodes.ask, self, machines, topologyPath: paths.topology, log }) },
  fits: {
    counted: true,
    async verb({ nodes, ownAddress }, machines) {
      const own = await look(nodes.ask, ownAddress);
      const owners = await Promise.all(own.nodes.filter((node) => slotCount(node) > 0).map(async ({ address }) => await look(nodes.ask, address)));
      const problem = capacityProblem(owners, machines / 2);
      if (problem !== null) log(problem);
      return problem === null;
    },
  },
  node: {
    counted: false,
    async verb({ nodes, ownAddress }) {
      log(JSON.stringify(ownStatus(await look(nodes.ask, ownAddress))));
      return true;
    },
  },
  status: {
    counted: false,
    async verb({ nodes, self }) {
      const kept = await readIfThere(paths.topology);
      const machines = kept === null ? [] : redisMachines(parseDocument(topologySchema, kept));
      const view = await survey(nodes.ask, self, machines);
      log(JSON.stringify((view?.own.nodes ?? []).map((node) => ({
        machine: machines.find(({ address }) => address === node.address)?.name ?? node.address,
        role: node.role, health: node.health, slots: slotCount(node), id: node.id, masterId: node.masterId,
      }))));
      return view !== null;
    },
  },
};

async function main(words: readonly string[]): Promise<number> {
  const [word, count, ...rest] = words;
  if (word === undefined) {
    await runAgent(log);
    return 0;
  }
  const known = Object.hasOwn(verbs, word) ? verbs[word] : undefined;
  if (known === undefined || rest.length > 0 || known.counted !== /^[0-9]+$/.test(count ?? "")) {
    console.error(usage);
    return 2;
  }
  try {
    const settings = await readRedisSettings(process.env);
    const nodes = new Nodes({ user: "admin", password: settings.password, tls: settings.tls });
    const good = await known.verb({ ...settings, nodes }, Number(count));
    nodes.close();
    return good ? 0 : 1;
  } catch (error) {
    console.error(`quickcart-redis ${word}: ${message(error)}`);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
