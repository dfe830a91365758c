import fastify, { type FastifyBaseLogger, type FastifyInstance } from "fastify";
import { serveHealth } from "./health.ts";
import { serveHome } from "./home.ts";
import { Lifecycle } from "./lifecycle.ts";
import { AccessLog } from "./logging.ts";
import { answerClientError, answerFrameworkError, serveProblems } from "./problems.ts";
import { echoRequestId, requestIdOf } from "./requestId.ts";

/** What one client may ask of the server, in bytes and milliseconds. */
export const limits = {
  bodyLimit: 1024 * 1024,
  /** Node's own default, stated because load balancers must not send more. */
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  /** From the first byte of a request to its last: a slow sender holds a connection no longer. */
  requestTimeout: 15_000,
  /**
   * From the end of the headers to the answer. Above requestTimeout, so that a slow body is told so (408) and not that we
   * are slow; below the time a drain takes, so that a drain need not cut anything.
   */
  handlerTimeout: 20_000,
  /** Without a byte in either direction. */
  connectionTimeout: 60_000,
  /** Longer than a load balancer keeps idle connections, so that it never picks one that we are closing. */
  keepAliveTimeout: 75_000,
} as const;

export interface ServerOptions {
  serverName: string;
  release: string;
  logger: FastifyBaseLogger;
  lifecycle?: Lifecycle;
  /** For tests of the limits, which would take their time otherwise. */
  limits?: Partial<Record<keyof typeof limits, number>>;
}

/** The app as a server that does not listen yet. Knows nothing of the process it runs in. */
export function buildServer(options: ServerOptions): FastifyInstance {
  const { serverName, release, logger, lifecycle = new Lifecycle() } = options;
  const { maxHeaderSize, headersTimeout, ...timeouts } = { ...limits, ...options.limits };
  const app = fastify({
    ...timeouts,
    http: {
      maxHeaderSize,
      headersTimeout,
      // How often Node looks for requests past their time; its default of 30 s would make the limits twice as long.
      connectionsCheckingInterval: Math.ceil(Math.min(headersTimeout, timeouts.requestTimeout) / 4),
    },
    loggerInstance: logger,
    logController: new AccessLog(),
    // The load balancer, and nobody before it, says who the client is: firewalls let nobody else reach this port.
    trustProxy: (_address, hop) => hop === 0,
    requestIdHeader: false,
    genReqId: requestIdOf,
    frameworkErrors: answerFrameworkError,
    clientErrorHandler: (error, socket) => answerClientError(error, socket, logger),
    // What still arrives on an open connection while we close is answered as always.
    return503OnClosing: false,
  });

  echoRequestId(app);
  app.addHook("onSend", async (_request, reply) => {
    reply.header("x-content-type-options", "nosniff");
    // The client's next request then goes to another server.
    if (lifecycle.draining) reply.header("connection", "close");
  });
  serveProblems(app);
  serveHealth(app, { lifecycle, serverName, release });
  serveHome(app, { serverName, release });
  return app;
}
