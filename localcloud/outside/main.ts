import { chmod, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { z } from "zod";
import { messageOf, readTextIfThere, writeFileAtomic } from "../files.ts";
import { hostMirrors } from "../images/mirror.ts";
import { openLog } from "../lifecycle/log.ts";
import { recordSelf } from "../lifecycle/record.ts";
import { cacheDir, runDir } from "../paths.ts";
import { closeServer, listen } from "../services/listen.ts";
import { createFetch } from "./fetch.ts";
import { createMirror } from "./mirror.ts";
import { PublishedPorts } from "./ports.ts";
import { mirrorSocket, outsideLog, outsideSocket } from "./sockets.ts";

/**
 * The cloud's only process on the host's own network: published ports come in by it, Debian packages by it. Inside and
 * outside meet at unix sockets, which belong to no network.
 */
const log = openLog(outsideLog, "outside");
const portsFile = join(runDir, "ports.json");
const portsSchema = z.record(z.string().regex(/^\d+$/), z.string());

process.on("uncaughtException", (error) => {
  log.error(`outside ends: ${error.stack ?? error.message}`);
  process.exit(1);
});

const mirrors = await hostMirrors();
const mirror = createMirror(mirrors, join(cacheDir, "packages"), createFetch(mirrors.proxy), log);
await rm(mirrorSocket, { force: true });
await listen(mirror, mirrorSocket);
await chmod(mirrorSocket, 0o600);

const ports = new PublishedPorts();
const text = await readTextIfThere(portsFile);
if (text !== null) {
  // They were ours until we ended; what was taken meanwhile is said at the next publication.
  await ports.set(portsSchema.parse(JSON.parse(text))).catch((error: unknown) => log.warn(messageOf(error)));
}

/** POST /ports: exactly these; anything else is a question whether we live. */
const control = createServer((request, response) => {
  const answer = async (): Promise<string> => {
    if (request.method !== "POST" || request.url !== "/ports") return "";
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += String(chunk);
    const wanted = portsSchema.parse(JSON.parse(body));
    try {
      await ports.set(wanted);
    } finally {
      await writeFileAtomic(portsFile, JSON.stringify(wanted), 0o600);
    }
    return "";
  };
  answer().then(
    (said) => response.writeHead(200).end(said),
    (error: unknown) => {
      log.warn(`ports: ${messageOf(error)}`);
      response.writeHead(409).end(messageOf(error));
    },
  );
});
await rm(outsideSocket, { force: true });
await listen(control, outsideSocket);
await chmod(outsideSocket, 0o600);
await recordSelf("outside");
log.info("outside is ready", { mirror: mirrors.debian, proxied: mirrors.proxy !== null });

process.once("SIGTERM", () => {
  Promise.all([ports.stop(), closeServer(control), closeServer(mirror)]).then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
