import { get } from "node:https";
import { createServer } from "node:net";
import { z } from "zod";
import { tell } from "../localcloud/client.ts";
import { bakeImages } from "../localcloud/images/bake.ts";
import { readTools } from "../toolchain/manifest.ts";
import { installPlugins } from "../toolchain/plugins.ts";
import { releaseLock, takeLock } from "./lock.ts";
import { pulumiHome } from "./pulumi.ts";
import { recover } from "./recover.ts";
import { localcloud, run, watch } from "./run.ts";
import { curlCommand, sitePort, siteUrl, writeSite } from "./site.ts";
import { ensureStack, onStack, stackName, stackOutputs } from "./stack.ts";
import { runTarget, step, UserError } from "./steps.ts";
import { WaitedInVain, waitFor } from "./wait.ts";

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

const outputs = z.object({
  floatingAddress: z.ipv4(),
  bucket: z.string(),
  region: z.string(),
  /** null when the stack has a certificate of its own, which clients trust already. */
  caCertificate: z.string().startsWith("-----BEGIN CERTIFICATE-----").nullable(),
});

/** 127.0.0.1 of this machine is led to the floating address, so to whichever load balancer holds it. */
async function publish(port: number): Promise<string | null> {
  const { caCertificate, ...site } = await stackOutputs(outputs);
  writeSite(site, caCertificate);
  await tell("publish", { port, target: { address: site.floatingAddress, port: 443 } });
  return caCertificate;
}

/** As a browser would that trusts the stack's authority and nobody else. */
async function answers(port: number, ca: string | null): Promise<true | undefined> {
  return await new Promise((resolve, reject) => {
    const asked = get({ host: "127.0.0.1", port, path: "/", servername: "localhost", headers: { host: `localhost:${port}` }, agent: false, timeout: 2_000, ...(ca === null ? {} : { ca }) }, (response) => {
      response.resume().on("end", () => {
        if (response.statusCode === 200) resolve(true);
        else reject(new Error(`status ${response.statusCode ?? ""}`));
      }).on("error", reject);
    });
    asked.on("timeout", () => asked.destroy(new Error("no answer in 2 s"))).on("error", reject);
  });
}

await runTarget(async () => {
  watch();
  const port = sitePort();
  const url = siteUrl(port);
  await takeLock("up");
  try {
    await requireFreePort(port);
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
      const ca = await publish(port);
      await waitFor(async () => await answers(port, ca), { what: `an answer from ${url}`, limitMs: minute });
    });
  } catch (error) {
    if (error instanceof WaitedInVain) throw new UserError(`${error.message}\nWhat is up, and what is not: make status`);
    throw error;
  } finally {
    releaseLock();
  }
  process.stdout.write([
    "",
    `It is up. See it:      ${curlCommand(url)}`,
    "What is there:         make status",
    "Break something:       make drill",
    "Remove every trace:    make down",
    "",
    url,
    "",
  ].join("\n"));
});
