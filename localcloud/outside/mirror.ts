import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { dirname, join } from "node:path";
import { PassThrough } from "node:stream";
import { pipeline } from "node:stream/promises";
import { messageOf } from "../files.ts";
import { type Mirrors } from "../images/mirror.ts";
import { publicMirror, publicSecurityMirror } from "../images/recipe.ts";
import { type Log } from "../lifecycle/log.ts";
import { type Fetch } from "./fetch.ts";

/** What a request may be for, as a path below the repository: nothing of the host's network is reachable by it. */
const requestPath = /^\/(debian|debian-security)\/((?:[A-Za-z0-9_~+:-][A-Za-z0-9._~+:%-]*\/)*(?:[A-Za-z0-9_~+:-][A-Za-z0-9._~+:%-]*)?)$/;

/** A package's file never changes under its name. */
const immutable = /^pool\/.+\.deb$/;

/** Passed on to the repository and back. */
const requestHeaders = ["if-modified-since", "if-none-match", "range", "if-range", "cache-control"] as const;
const responseHeaders = ["content-type", "content-length", "last-modified", "etag", "content-range", "accept-ranges"] as const;

/** Debian's repositories for machines that have no internet: from where the host's own apt has them. */
export function createMirror(mirrors: Mirrors, cacheDir: string, fetch: Fetch, log: Log): Server {
  return createServer((request, response) => {
    serve(mirrors, cacheDir, fetch, request, response).catch((error: unknown) => {
      log.warn(`package mirror: ${request.url ?? ""}: ${messageOf(error)}`);
      if (response.headersSent) response.destroy();
      else end(response, 502, `The local cloud could not get this from the host's package mirror: ${messageOf(error)}`);
    });
  });
}

async function serve(mirrors: Mirrors, cacheDir: string, fetch: Fetch, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, repository = "", path = ""] = requestPath.exec(request.url ?? "") ?? [];
  if (request.method !== "GET" && request.method !== "HEAD") return end(response, 405, "Only GET and HEAD are served.");
  if (repository === "") return end(response, 404, "Only /debian/ and /debian-security/ are served.");

  const cached = immutable.test(path) ? join(cacheDir, repository, path) : null;
  if (cached !== null && (await sendFile(cached, request, response))) return;

  const bases = repository === "debian" ? [mirrors.debian, publicMirror] : [mirrors.security, publicSecurityMirror];
  const answer = await firstThatHas([...new Set(bases)].map((base) => `${base}/${path}`), request, fetch);
  const headers = pick(answer.headers, responseHeaders);
  response.writeHead(answer.statusCode ?? 502, headers);
  if (request.method === "HEAD") {
    answer.resume();
    response.end();
  } else if (cached !== null && answer.statusCode === 200) {
    await keepAndSend(answer, cached, response);
  } else {
    await pipeline(answer, response);
  }
}

/** A host's own mirror may hold another release only: then Debian's. */
async function firstThatHas(urls: string[], request: IncomingMessage, fetch: Fetch): Promise<IncomingMessage> {
  const headers = pick(request.headers, requestHeaders);
  const [url = "", ...others] = urls;
  try {
    const answer = await fetch(request.method ?? "GET", url, headers);
    if (others.length === 0 || (answer.statusCode ?? 500) < 400) return answer;
    answer.resume();
  } catch (error) {
    if (others.length === 0) throw error;
  }
  return firstThatHas(others, request, fetch);
}

async function sendFile(path: string, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  if (found === null) return false;
  response.writeHead(200, { "content-type": "application/vnd.debian.binary-package", "content-length": found.size, "last-modified": found.mtime.toUTCString() });
  if (request.method === "HEAD") response.end();
  else await pipeline(createReadStream(path), response);
  return true;
}

/** The file appears in the cache only once it is whole. */
async function keepAndSend(answer: IncomingMessage, path: string, response: ServerResponse): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${randomBytes(4).toString("hex")}.draft`;
  const copy = new PassThrough();
  const saving = pipeline(copy, createWriteStream(draft));
  // A full cache disk must not keep a machine from its package.
  const saved = saving.then(() => true, () => false);
  answer.on("data", (chunk: Buffer) => {
    if (!copy.destroyed) copy.write(chunk);
  });
  try {
    await pipeline(answer, response);
    copy.end();
    const whole = (await saved) && answer.complete && (await stat(draft)).size === Number(answer.headers["content-length"]);
    if (whole) await rename(draft, path);
  } finally {
    copy.destroy();
    await saved;
    await rm(draft, { force: true });
  }
}

function pick(headers: IncomingMessage["headers"], names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => {
    const value = headers[name];
    return typeof value === "string" ? [[name, value]] : [];
  }));
}

function end(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain", "content-length": Buffer.byteLength(text) + 1 });
  response.end(`${text}\n`);
}
