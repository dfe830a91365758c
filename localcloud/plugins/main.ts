import { type Plugin } from "./core/resource.ts";
import { serve } from "./core/serve.ts";

/** Each is loaded only when it is asked for: a plugin starts in the time that its own libraries take. */
const plugins: Record<string, () => Promise<Plugin>> = {
  command: async () => (await import("./command/plugin.ts")).command(),
  digitalocean: async () => (await import("./digitalocean/plugin.ts")).digitalocean(process.env),
  random: async () => (await import("./random/plugin.ts")).random(),
  tls: async () => (await import("./tls/plugin.ts")).tls(),
};

/** `node localcloud/plugins/main.ts <plugin> [engine's address]`: prints the port it listens on, as the Pulumi engine expects. */
async function main(name: string | undefined, rest: string[]): Promise<void> {
  const create = plugins[name ?? ""];
  if (!create) throw new Error(`Which plugin? '${name ?? ""}' is none of ${Object.keys(plugins).join(", ")}.`);
  const served = await serve(await create(), rest.find((argument) => !argument.startsWith("-")));
  console.log(String(served.port));
  endWithParent(served.close);
}

/** An engine that was killed cannot end its plugins: a plugin without its parent ends itself. */
function endWithParent(close: () => void): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid === parent) return;
    close();
    process.exit(1);
  }, 1000);
}

await main(process.argv[2], process.argv.slice(3));
