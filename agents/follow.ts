import { setTimeout as delay } from "node:timers/promises";
import type * as z from "zod";
import { message } from "./errors.ts";
import { readIfThere, writeAtomically } from "./files.ts";
import { type Log, transitions } from "./log.ts";
import type { Bucket } from "./s3.ts";

/** Follows one document of the bucket for as long as the machine lives. */
export interface Follow<T extends object> {
  bucket: Pick<Bucket, "read">;
  key: string;
  /** Where the last good document is kept, for when storage is away at boot. */
  cachePath: string;
  schema: z.ZodType<T>;
  /**
   * Called with the kept document first, then with each new one. When it throws, it is called again after the next poll.
   * May answer what to say of it; else it is that the document is in force.
   */
  apply: (document: T) => Promise<string | void>;
  /** Between two polls, in milliseconds, before jitter; 2 s unless told otherwise. */
  pollMs?: number;
  /** Between two polls once nothing has changed for a minute, in milliseconds, before jitter; as before unless told otherwise. */
  quietPollMs?: number;
  log: Log;
  signal: AbortSignal;
  /** Resolves early when the signal aborts. */
  wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

const usualPollMs = 2_000;
const longestBackoffMs = 30_000;
const quietAfterMs = 60_000;

/** Milliseconds until the next poll: jittered by a quarter, so that sixty machines do not ask at once; doubled with each failure. */
export function nextPoll(failures: number, random: number, pollMs = usualPollMs): number {
  const base = Math.min(pollMs * 2 ** failures, longestBackoffMs);
  return Math.round(base * (0.75 + random / 2));
}

/** Throws an error that names every field that is wrong. */
export function parseDocument<T>(schema: z.ZodType<T>, body: string): T {
  const result = schema.safeParse(JSON.parse(body));
  if (result.success) return result.data;
  throw new Error(result.error.issues.map((issue) => `${issue.path.join(".") || "document"}: ${issue.message}`).join("; "));
}

export async function follow<T extends object>(options: Follow<T>): Promise<void> {
  const { bucket, key, cachePath, schema, log, signal, pollMs = usualPollMs, quietPollMs = pollMs, wait = interruptibleDelay } = options;
  const sayFetched = transitions(log);
  const sayKept = transitions(log);
  const sayApplied = transitions(log);
  let etag: string | null = null;
  let failures = 0;
  /** Polls since the last change: who changes one thing soon changes the next. */
  let unchanged = 0;
  /** What is to be in force and is not yet. */
  let pending: { document: T; failures: number; pollsToSkip: number } | null = null;
  /** What is to be kept and is not yet: a full disk is mended one day, and the next boot must not find something older. */
  let unkept: string | null = null;
  const want = (document: T): void => { pending = { document, failures: 0, pollsToSkip: 0 }; };

  async function poll(): Promise<void> {
    const answer = await bucket.read(key, etag);
    if (failures > 0) sayFetched(`${key} can be read again`);
    failures = 0;
    unchanged += 1;
    if (answer.kind === "missing") return sayFetched(`${key} is not in the bucket yet`);
    if (answer.kind === "unchanged") return;
    // Remembered also when the document is refused: the same bad one need not be fetched again.
    etag = answer.etag;
    unchanged = 0;
    try {
      want(parseDocument(schema, answer.body));
    } catch (error) {
      return sayFetched(`${key} is refused, the previous one stays in force: ${message(error)}`);
    }
    sayFetched(`${key} fetched, etag ${etag ?? "none"}`);
    unkept = answer.body;
  }

  async function keep(): Promise<void> {
    if (unkept === null) return;
    try {
      await writeAtomically(cachePath, unkept, 0o600);
      unkept = null;
    } catch (error) {
      sayKept(`cannot keep ${cachePath} for the next boot, trying again: ${message(error)}`);
    }
  }

  async function settle(): Promise<void> {
    if (pending === null || pending.pollsToSkip-- > 0) return;
    const attempt = pending;
    try {
      sayApplied(await options.apply(attempt.document) ?? `${key} is in force`);
      pending = null;
    } catch (error) {
      // Fetching a bundle again and again would only add to what is wrong; a new document is tried at once all the same.
      attempt.failures += 1;
      attempt.pollsToSkip = Math.min(2 ** attempt.failures, 16) - 1;
      sayApplied(`cannot apply ${key}, trying again: ${message(error)}`);
    }
  }

  const kept = await lastKnownGood<T>(options);
  if (kept !== null) want(kept);
  await settle();
  while (!signal.aborted) {
    await poll().catch((error: unknown) => {
      failures += 1;
      sayFetched(`cannot follow ${key}, the last known good stays in force: ${message(error)}`);
    });
    await keep();
    await settle();
    const isQuiet = pending === null && unchanged * pollMs >= quietAfterMs;
    await wait(nextPoll(failures, Math.random(), isQuiet ? quietPollMs : pollMs), signal);
  }
}

async function lastKnownGood<T extends object>({ cachePath, schema, log }: Follow<T>): Promise<T | null> {
  const kept = await readIfThere(cachePath);
  if (kept === null) return null;
  try {
    return parseDocument(schema, kept);
  } catch (error) {
    log(`${cachePath} is unusable and ignored: ${message(error)}`);
    return null;
  }
}

async function interruptibleDelay(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
