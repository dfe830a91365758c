import { connect } from "node:net";
import { type Plugin } from "./core/resource.ts";
import { serve } from "./core/serve.ts";

/** Each is loaded only when it is asked for: a plugin starts in the time that its own libraries take. */
const plugins: Record<string, () => Promise<Plugin>> = {
  command: async () => (await import("./command/plugin.ts")).command(),
  digitalocean: async () => (await import("./digitalocean/plugin.ts")).digitalocean(process.env),
  random: async () => (await import("./random/plugin.ts")).random(),
  tls: async () => (await import("./tls/plugin.ts")).tls(),
};

// Read before anything else: later it may already be another's.
const parent = process.ppid;

/** `node localcloud/plugins/main.ts <plugin> [engine's address]`: prints the port it listens on, as the Pulumi engine expects. */
async function main(name: string | undefined, rest: string[]): Promise<void> {
  const create = plugins[name ?? ""];
  if (!create) throw new Error(`Which plugin? '${name ?? ""}' is none of ${Object.keys(plugins).join(", ")}.`);
  const engine = rest.find((argument) => !argument.startsWith("-"));
  const served = await serve(await create(), engine);
  console.log(String(served.port));
  setInterval(() => {
    isOrphan(engine).then((orphan) => {
      if (!orphan) return;
      served.close();
      process.exit(1);
    }, () => undefined);
  }, 1000);
}

/** An engine that was killed cannot end its plugins: a plugin without its parent ends itself. */
async function isOrphan(engine: string | undefined): Promise<boolean> {
  if (process.ppid !== parent) return true;
  // Killed before we could ask who it was, or the engine is the container's first process.
  return parent === 1 && engine !== undefined && !(await answers(engine));
}

async function answers(address: string): Promise<boolean> {
  const { hostname, port } = new URL(`tcp://${address}`);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => { socket.destroy(); resolve(true); });
    socket.on("error", () => { resolve(false); });
  });
}

await main(process.argv[2], process.argv.slice(3));
