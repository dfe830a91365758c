import { message } from "../errors.ts";
import { runAgent } from "./agent.ts";
import { allow, statusOf } from "./operator.ts";
import { etcdOf, readFenceSettings } from "./settings.ts";

const usage = `quickcart-fence: sees to it that a primary that is gone is off before another takes its place.

  quickcart-fence status   who leads, who does not see whom, what was fenced and what is owed its power, as JSON
  quickcart-fence allow    forget earlier fences, which limit how soon there may be another

Without a word it is the agent itself: see \`systemctl status quickcart-fence\`.`;

const log = console.log;

const verbs: Record<string, () => Promise<void>> = {
  async status() {
    const settings = await readFenceSettings();
    const etcd = etcdOf(settings);
    log(JSON.stringify(await statusOf(etcd, settings.token !== null)));
    etcd.close();
  },
  async allow() {
    const etcd = etcdOf(await readFenceSettings());
    const forgotten = await allow(etcd);
    log(forgotten === 0 ? "there was no fence to forget" : `${forgotten} ${forgotten === 1 ? "fence" : "fences"} forgotten`);
    etcd.close();
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
    await known();
    return 0;
  } catch (error) {
    console.error(`quickcart-fence ${verb}: ${message(error)}`);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
