import fastify, { type FastifyReply, type FastifyRequest } from "fastify";
import { pino, type DestinationStream, type Logger } from "pino";
import type { Config } from "./config.ts";
import { healthPath } from "./health.ts";
import { pathOf } from "./problems.ts";

/** Headers that hold a secret, wherever a log line may carry headers. */
const secretHeaders = ["authorization", "proxy-authorization", "cookie", "set-cookie"];
const redacted = ["headers", "req.headers", "res.headers", "err.headers"].flatMap((parent) =>
  secretHeaders.map((name) => `${parent}["${name}"]`));

/**
 * JSON lines to standard output, for the journal. Written at once and by this thread: the app ships as one file, so no
 * transport's worker could be found beside it, and the last lines before an end are those that matter.
 */
export function makeLogger(config: Pick<Config, "logLevel" | "serverName" | "release">, to?: DestinationStream): Logger {
  const options = {
    level: config.logLevel,
    base: { server: config.serverName, release: config.release },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: redacted, censor: "[redacted]" },
  };
  return to ? pino(options, to) : pino(options);
}

/** One line a request, when it is over. Health checks come every second from every load balancer: only for debugging. */
export class AccessLog extends fastify.LogController {
  override incomingRequest(): void {
    // Its end says it all.
  }

  override requestCompleted(error: Error | null | undefined, request: FastifyRequest, reply: FastifyReply): void {
    const path = pathOf(request.url);
    const line = {
      method: request.method,
      path,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      client: request.ip,
    };
    if (error) request.log.error({ ...line, err: error }, "response failed");
    else if (path === healthPath) request.log.debug(line, "request");
    else request.log.info(line, "request");
  }
}
