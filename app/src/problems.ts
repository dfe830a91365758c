import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { FastifyBaseLogger, FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { requestIdHeader } from "./requestId.ts";

export const problemType = "application/problem+json";

/** An error that a client may see, as RFC 9457 says it. Whatever else is thrown becomes a bare 500. */
export class Problem extends Error {
  readonly status: number;

  /** @param detail for the client: what was wrong with this request and what to do about it. */
  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

/** Fastify's own errors, in words of ours: its messages speak of its insides. */
const details: Readonly<Record<string, string>> = {
  FST_ERR_BAD_URL: "The path is not valid percent-encoding.",
  FST_ERR_MAX_PARAM_LENGTH: "A part of the path is too long.",
  FST_ERR_CTP_BODY_TOO_LARGE: "The body is larger than this server takes.",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "This kind of body is not understood. Send application/json.",
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: "The body is not as long as Content-Length says.",
  FST_ERR_CTP_EMPTY_JSON_BODY: "The body is empty, but Content-Type says that it is JSON.",
  FST_ERR_CTP_INVALID_JSON_BODY: "The body is not valid JSON.",
  FST_ERR_HANDLER_TIMEOUT: "The answer took too long. Try again later.",
};

function toProblem(error: FastifyError | Problem): Problem {
  if (error instanceof Problem) return error;
  const detail = details[error.code];
  if (detail && error.statusCode) return new Problem(error.statusCode, detail);
  if (error.statusCode && error.statusCode >= 400 && error.statusCode < 500) return new Problem(error.statusCode, "The request is not valid.");
  return new Problem(500, "Something went wrong here. It has been noted under this request's id.");
}

function body(problem: Problem, about: { instance?: string; requestId?: string }): string {
  const { status, message: detail } = problem;
  return JSON.stringify({ type: "about:blank", title: STATUS_CODES[status] ?? "Error", status, detail, ...about });
}

/** Without the query: it may hold what nobody should see twice. */
export const pathOf = (url: string): string => url.split("?", 1)[0] ?? url;

function send(problem: Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply
    .code(problem.status)
    .header("content-type", problemType)
    .header("cache-control", "no-store")
    // As bytes: to a string Fastify adds a charset, a parameter that this type does not have.
    .send(Buffer.from(body(problem, { instance: pathOf(request.url), requestId: request.id })));
}

/** Answers every error of a request, thrown by us or by Fastify. */
export function answerError(error: FastifyError | Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = toProblem(error);
  if (problem.status >= 500) request.log.error({ err: error }, "request failed");
  else request.log.debug({ err: error }, "request refused");
  return send(problem, request, reply);
}

/** Errors from before there is a route, for which no hook runs. */
export function answerFrameworkError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  reply.header(requestIdHeader, request.id);
  void answerError(error, request, reply);
}

export function serveProblems(app: FastifyInstance): void {
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request, reply) => send(new Problem(404, "There is nothing at this path."), request, reply));
}

/** Answers what is not even HTTP: the parser gives up before there is a request. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Duplex, log: FastifyBaseLogger): void {
  // The client is gone; there is nobody to answer.
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = clientProblem(error.code);
  log.debug({ err: error }, "malformed request");
  const content = body(problem, {});
  socket.end([
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ""}`,
    `content-type: ${problemType}`,
    `content-length: ${Buffer.byteLength(content)}`,
    "connection: close",
    "",
    content,
  ].join("\r\n"));
}

function clientProblem(code: string | undefined): Problem {
  switch (code) {
    case "ERR_HTTP_REQUEST_TIMEOUT": return new Problem(408, "The request did not arrive in time.");
    case "HPE_HEADER_OVERFLOW": return new Problem(431, "The request line and headers are larger than this server takes.");
    default: return new Problem(400, "This is not a valid HTTP request.");
  }
}
