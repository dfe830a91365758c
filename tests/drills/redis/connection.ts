/** How a client of the site should be set up; the app's own is (docs/architecture.md, "Redis"). */
import { readFileSync } from "node:fs";
import { Cluster, type ClusterOptions, type RedisOptions } from "ioredis";
import * as z from "zod";

/** The part of an app server's environment that says where Redis is. */
const environmentSchema = z.object({
  REDIS_USE_CLUSTER: z.literal("true"),
  REDIS_USERNAME: z.string().min(1),
  REDIS_PASSWORD: z.string().min(1),
  /** Both, or none. */
  REDIS_TLS_CA: z.string().min(1).optional(),
  REDIS_TLS_SERVERNAME: z.string().min(1).optional(),
}).refine(({ REDIS_TLS_CA: ca, REDIS_TLS_SERVERNAME: name }) => (ca === undefined) === (name === undefined), "REDIS_TLS_CA and REDIS_TLS_SERVERNAME go together");

export interface Access {
  readonly seeds: readonly { host: string; port: number }[];
  readonly username: string;
  readonly password: string;
  /** By which it knows a node; null where nodes talk without TLS. */
  readonly tls: { readonly ca: string; readonly servername: string } | null;
}

export function accessFrom(environment: NodeJS.ProcessEnv): Access {
  const { REDIS_USERNAME: username, REDIS_PASSWORD: password, REDIS_TLS_CA: ca, REDIS_TLS_SERVERNAME: servername } = environmentSchema.parse(environment);
  const seeds = Array.from({ length: 6 }, (_, index) => ({
    host: z.string().min(1).parse(environment[`REDIS_CLUSTER_HOST_${index + 1}`]),
    port: z.coerce.number().int().parse(environment[`REDIS_CLUSTER_PORT_${index + 1}`]),
  }));
  return { seeds, username, password, tls: ca === undefined || servername === undefined ? null : { ca: readFileSync(ca, "utf8"), servername } };
}

/**
 * Whoever is gone without a word does not say goodbye either: what is on its way to it is sent to its successor only once its
 * connection counts as closed, for which ioredis would wait two seconds more.
 */
const goodbyeMs = 100;

export const nodeOptions = ({ username, password, tls }: Access): RedisOptions =>
  ({ username, password, connectTimeout: 1_000, disconnectTimeout: goodbyeMs, maxRetriesPerRequest: null, ...tls === null ? {} : { tls } });

/** Of a node that is gone without a word, only the others tell: a client must ask them often, and not long the one that is gone. */
const slotsRefresh = { slotsRefreshInterval: 250, slotsRefreshTimeout: 250 };

export function clusterOf(access: Access): Cluster {
  const options: ClusterOptions = {
    redisOptions: nodeOptions(access),
    ...slotsRefresh,
    retryDelayOnFailover: 100,
    retryDelayOnClusterDown: 100,
    retryDelayOnTryAgain: 100,
    maxRedirections: 100,
    clusterRetryStrategy: (attempt) => Math.min(100 * attempt, 1_000),
  };
  const cluster = new Cluster([...access.seeds], options);
  cluster.on("error", () => undefined);
  return cluster;
}
