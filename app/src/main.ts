import { ConfigError, parseConfig, type Config } from "./config.ts";
import { Lifecycle } from "./lifecycle.ts";
import { makeLogger } from "./logging.ts";
import { serve } from "./serve.ts";
import { buildServer } from "./server.ts";

/** EX_CONFIG of sysexits(3): starting again will not help. */
const badConfiguration = 78;

function readConfig(): Config {
  try {
    return parseConfig(process.env, import.meta.dirname);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(badConfiguration);
  }
}

const config = readConfig();
const logger = makeLogger(config);
const lifecycle = new Lifecycle();
const app = buildServer({ serverName: config.serverName, release: config.release, logger, lifecycle });
try {
  await serve(app, lifecycle, config);
  process.exit(0);
} catch (error) {
  logger.fatal({ err: error }, `cannot serve on ${config.host} port ${config.port}`);
  process.exit(1);
}
