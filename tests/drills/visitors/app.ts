/** The app as it is, with two more routes for the visitors of drills. Releases of it differ by a label in their first line. */
import { setTimeout as pause } from "node:timers/promises";
import * as z from "zod";
import { parseConfig } from "../../../app/src/config.ts";
import { Lifecycle } from "../../../app/src/lifecycle.ts";
import { makeLogger } from "../../../app/src/logging.ts";
import { Problem } from "../../../app/src/problems.ts";
import { serve } from "../../../app/src/serve.ts";
import { buildServer } from "../../../app/src/server.ts";
import { ordersPath, slowAnswerMs, slowPath } from "./mix.ts";

const orderSchema = z.object({ order: z.int().positive() });

const config = parseConfig(process.env, import.meta.dirname);
const lifecycle = new Lifecycle();
const logger = makeLogger(config);
const { serverName: server, release } = config;
const app = buildServer({ serverName: server, release, logger, lifecycle });

app.post(ordersPath, async (request) => {
  const parsed = orderSchema.safeParse(request.body);
  if (!parsed.success) throw new Problem(400, "An order is a positive whole number: { \"order\": 1 }.");
  const { order } = parsed.data;
  // This line is the order's execution: drills count it in the journals of all servers.
  request.log.info({ order }, "executed");
  return { order, server, release };
});

app.get(slowPath, async () => {
  await pause(slowAnswerMs);
  return { server, release };
});

await serve(app, lifecycle, config);
process.exit(0);
