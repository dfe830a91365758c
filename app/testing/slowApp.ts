/** The app with one more route, whose answer waits until the parent process says so. */
import { parseConfig } from "../src/config.ts";
import { Lifecycle } from "../src/lifecycle.ts";
import { makeLogger } from "../src/logging.ts";
import { serve } from "../src/serve.ts";
import { buildServer } from "../src/server.ts";

const config = parseConfig(process.env, import.meta.dirname);
const lifecycle = new Lifecycle();
const logger = makeLogger(config);
const app = buildServer({ serverName: config.serverName, release: config.release, logger, lifecycle });
app.get("/slow", async () => {
  await new Promise<void>((resolve) => process.once("message", () => resolve()));
  return { answered: true };
});
app.addHook("onRequest", async (request) => {
  if (request.url === "/slow") process.send?.("in flight");
});
await serve(app, lifecycle, config);
process.exit(0);
