/**
 * A client that asks every few milliseconds over a new connection each time. It imports nothing of ours, because drills also
 * run its text on a machine, with that machine's Node: `node --input-type=module-typescript -e "$(cat probe.ts)" -- URL ...`.
 */
import { get as getHttp } from "node:http";
import { get as getHttps } from "node:https";

interface Seen {
  asked: number;
  answered: number;
  failed: number;
  /** Longest time between two answers, by when they arrived (or between the last answer and the end). */
  worstGapMs: number;
  /** In order of appearance: which server answered, or what source address the other side saw. */
  parties: string[];
  /** The last failure, for the reader. */
  lastError: string | null;
}

async function ask(url: string, timeoutMs: number): Promise<string> {
  const get = url.startsWith("https:") ? getHttps : getHttp;
  return await new Promise((resolve, reject) => {
    const request = get(url, { agent: false, timeout: timeoutMs, headers: { accept: "application/json" } }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk: string) => { body += chunk; }).on("end", () => {
        if (response.statusCode === 200) resolve(body);
        else reject(new Error(`status ${response.statusCode}`));
      }).on("error", reject);
    });
    // `timeout` alone is about idleness; a dropped SYN must end too.
    const limit = setTimeout(() => request.destroy(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
    request.on("error", reject).on("close", () => clearTimeout(limit));
  });
}

function partyOf(body: string): string {
  try {
    const { address, server } = JSON.parse(body) as { address?: string; server?: string };
    return address ?? server ?? body;
  } catch {
    return body; // not JSON: what answered names nobody
  }
}

async function probe(url: string, seconds: number, everyMs: number, timeoutMs: number): Promise<Seen> {
  const seen: Seen = { asked: 0, answered: 0, failed: 0, worstGapMs: 0, parties: [], lastError: null };
  const end = performance.now() + seconds * 1000;
  let lastAnswer = performance.now();
  const answered = (body: string): void => {
    const now = performance.now();
    seen.answered += 1;
    seen.worstGapMs = Math.max(seen.worstGapMs, now - lastAnswer);
    lastAnswer = now;
    const party = partyOf(body);
    if (!seen.parties.includes(party)) seen.parties.push(party);
  };
  const inFlight = new Set<Promise<void>>();
  while (performance.now() < end) {
    seen.asked += 1;
    const one: Promise<void> = ask(url, timeoutMs).then(answered, (error: unknown) => {
      seen.failed += 1;
      seen.lastError = error instanceof Error ? error.message : String(error);
    }).finally(() => inFlight.delete(one));
    inFlight.add(one);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  await Promise.all(inFlight);
  seen.worstGapMs = Math.round(Math.max(seen.worstGapMs, end - lastAnswer));
  return seen;
}

const [url, seconds, everyMs = "20", timeoutMs = "1000"] = process.argv.slice(process.argv.indexOf("--probe") + 1);
if (process.argv.includes("--probe") && url && seconds) {
  const seen = await probe(url, Number(seconds), Number(everyMs), Number(timeoutMs));
  // Names still being looked up would keep the process for minutes.
  process.stdout.write(`${JSON.stringify(seen)}\n`, () => process.exit(0));
}
