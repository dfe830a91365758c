import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { tell } from "../localcloud/client.ts";
import { bakeImages } from "../localcloud/images/bake.ts";
import { stateDir } from "../localcloud/paths.ts";
import { readTools } from "../toolchain/manifest.ts";
import { installPlugins } from "../toolchain/plugins.ts";
import { releaseLock, takeLock } from "./lock.ts";
import { pulumiHome } from "./pulumi.ts";
import { recover } from "./recover.ts";
import { localcloud, run, tail, watch } from "./run.ts";
import { siteUrl } from "./site.ts";
import { ensureStack, onStack, stackName, stackOutput } from "./stack.ts";
import { runTarget, step, UserError } from "./steps.ts";
import { waitFor } from "./wait.ts";

const minute = 60_000;
const say = (line: string): void => { process.stdout.write(`    ${line}\n`); };

async function localcloudOk(args: string[], limitMs: number): Promise<void> {
  const { code, output } = await run(process.execPath, [localcloud, ...args], { limitMs, onLine: say });
  if (code !== 0) throw new UserError(`\`localcloud ${args[0]}\` failed (exit code ${code}); see above${output ? "" : ": it said nothing"}`);
}

/** Before anything is built for nothing: a port that is ours from an earlier run is fine, anybody else's is not. */
async function requireFreePort(port: number): Promise<void> {
  const ours = await tell("status", {}).then(({ published }) => published.some((one) => one.port === port), () => false);
  if (ours) return;
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", () => reject(new UserError(`port ${port} on 127.0.0.1 is taken (by whom: ss -ltnp 'sport = :${port}'). Choose another: QUICKCART_PORT=${port + 1} make up`)));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve()));
  });
}

async function raise(): Promise<void> {
  let last = "";
  const onLine = (raw: string): void => {
    // While a machine boots, nobody answers on its port: that is waiting, not trouble.
    const line = raw.replace(/ Dial \d+\/\d+ failed: .*/, "");
    if (/\S/.test(line) && line !== last) say(line);
    last = line;
  };
  const { code } = await onStack("up", { limitMs: 10 * minute, args: ["--suppress-progress", "--suppress-outputs"], onLine });
  if (code !== 0) throw new UserError(`\`pulumi up\` failed (exit code ${code}); see above. Run \`make up\` again once its cause is mended; the console of a machine: make console NAME=<machine>`);
}

/** The app servers are private: the way in is SSH through whichever bastion is alive, as an administrator would go. */
async function publish(url: string): Promise<void> {
  const folder = join(stateDir, "site");
  const identity = join(folder, "id_ed25519");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(identity, `${await stackOutput("sshPrivateKey")}\n`, { mode: 0o600 });
  await localcloudOk(["publish", "--port", new URL(url).port, "--jump", "bastion-1,bastion-2", "--machine", "app-1", "--remote-port", "3000", "--identity", identity], minute);
}

async function answers(url: string): Promise<true | undefined> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  await response.arrayBuffer();
  return response.ok ? true : undefined;
}

await runTarget(async () => {
  watch();
  const url = siteUrl();
  await takeLock("up");
  try {
    await requireFreePort(Number(new URL(url).port));
    const tools = readTools();
    await step("the machines' image", async () => bakeImages(say));
    await step("the local cloud", async () => localcloudOk(["up"], 2 * minute));
    await installPlugins(pulumiHome, tools);
    await step("the stack", async () => {
      await ensureStack();
      await recover(stackName, say);
      await raise();
    });
    await step("the way in", async () => {
      await publish(url);
      await waitFor(async () => await answers(url), { what: `an answer from ${url}`, limitMs: minute });
    });
  } catch (error) {
    if (error instanceof Error && error.message.includes("in vain for")) throw new UserError(tail(error.message));
    throw error;
  } finally {
    releaseLock();
  }
  process.stdout.write(`\nIt is up. See it:      curl ${url}\nWhat is there:         make status\nBreak something:       make drill\nRemove every trace:    make down\n\n${url}\n`);
});
