import { hostname } from "node:os";
import { basename } from "node:path";
import { z } from "zod";

/** What the app runs with, once the environment has been checked. */
export interface Config {
  /** TCP port; 0 lets the kernel choose one. */
  port: number;
  /** Address to listen on. */
  host: string;
  /** Told to clients, so that one can see which server answered. */
  serverName: string;
  release: string;
  logLevel: (typeof logLevels)[number];
  /** From SIGTERM until the process has ended, at the latest. */
  drainSeconds: number;
  /** Of these, how long the server goes on accepting connections, until every load balancer has seen it unhealthy. */
  noticeSeconds: number;
}

const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;

const wholeNumber = (from: number, to: number): z.ZodType<number, string> => {
  const allowed = `a whole number from ${from} to ${to}`;
  return z.string().regex(/^\d{1,9}$/, allowed).transform(Number).refine((value) => value >= from && value <= to, allowed);
};

/** No control characters: these end up in headers, pages and log lines. */
const label = z.string().regex(/^[\x21-\x7e]{1,128}$/, "1-128 printable ASCII characters without spaces");

const environment = z.object({
  PORT: wholeNumber(0, 65_535).default(3000),
  HOST: z.union([z.ipv4(), z.ipv6()], "an IPv4 or IPv6 address").default("0.0.0.0"),
  SERVER_NAME: label.optional(),
  RELEASE: label.optional(),
  LOG_LEVEL: z.enum(logLevels, `one of ${logLevels.join(", ")}`).default("info"),
  DRAIN_SECONDS: wholeNumber(1, 600).default(25),
  DRAIN_NOTICE_SECONDS: wholeNumber(0, 600).default(5),
}).refine((env) => env.DRAIN_NOTICE_SECONDS < env.DRAIN_SECONDS, {
  path: ["DRAIN_NOTICE_SECONDS"],
  message: "less than DRAIN_SECONDS, which it is a part of",
});

/** Every setting that is wrong, each with its value and what is allowed. */
export class ConfigError extends Error {}

/**
 * @param folder where the program lies; on machines that is named by the release's hash.
 * @throws ConfigError
 */
export function parseConfig(env: NodeJS.ProcessEnv, folder: string): Config {
  // An empty variable means an unset one, as in `PORT= npm start`.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const parsed = environment.safeParse(given);
  if (!parsed.success) {
    const lines = parsed.error.issues.map(({ path, message }) => {
      const key = String(path[0]);
      return `  ${key}=${JSON.stringify(given[key])}: allowed is ${message}`;
    });
    throw new ConfigError(`the environment is wrong:\n${[...new Set(lines)].join("\n")}`);
  }
  const { data } = parsed;
  return {
    port: data.PORT,
    host: data.HOST,
    serverName: data.SERVER_NAME ?? hostname(),
    release: data.RELEASE ?? releaseOf(folder),
    logLevel: data.LOG_LEVEL,
    drainSeconds: data.DRAIN_SECONDS,
    noticeSeconds: data.DRAIN_NOTICE_SECONDS,
  };
}

function releaseOf(folder: string): string {
  const name = basename(folder);
  return /^[0-9a-f]{64}$/.test(name) ? name : "development";
}
