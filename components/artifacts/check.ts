import { type ChildProcess, spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, readlink, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import { createZstdDecompress } from "node:zlib";
import { bundleArguments, bundleContents, bundleSizeLimit, machineNode } from "../../agents/bundle.ts";
import { message } from "../../agents/errors.ts";
import { healthCheck } from "../../agents/slots.ts";
import { freePort } from "./freePort.ts";
import type { Binary } from "./runtime.ts";
import { exists } from "./store.ts";

/** A bundle that no machine could run. Said before anything is uploaded. */
export class BundleError extends Error {
  override readonly name = "BundleError";

  constructor(path: string, why: string) {
    super(`the bundle ${path} cannot be released, and nothing was changed: ${why}`);
  }
}

/** How long it may take to answer, in milliseconds; on machines it has four times as long. */
const answerLimitMs = 15_000;
const pollMs = 100;
/** What is read and unpacked at a time, in bytes: with Node's own 16 KiB, 160 MB take twice as long. */
const chunkSize = 1024 * 1024;

/**
 * Unpacks the bundle and starts it once, on 127.0.0.1, as machines will. What has passed is not tried again.
 *
 * @param outDir where the traces of earlier checks are
 * @param runtime the Node.js that machines have
 * @throws BundleError with the reason
 */
export async function checkBundle(outDir: string, { path, sha256 }: { path: string; sha256: string }, runtime: Binary, limitMs = answerLimitMs): Promise<void> {
  const passed = join(outDir, `checked-${sha256}`);
  if (await exists(passed)) return;
  const { size } = await stat(path);
  if (size > bundleSizeLimit) throw new BundleError(path, `it has ${size} bytes; machines take ${bundleSizeLimit}`);
  const scratch = await mkdtemp(join(outDir, "check-"));
  try {
    // The folder's name is how a bundle knows which release it is.
    const folder = join(scratch, sha256);
    await mkdir(folder);
    await unpack(path, folder);
    await linkHere(join(folder, "node"), runtime);
    await requireContents(path, folder);
    await startOnce(path, folder, sha256, limitMs);
    await writeFile(passed, "");
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function unpack(path: string, folder: string): Promise<void> {
  const tar = spawn("tar", ["--extract", "--file", "-", "--directory", folder], { stdio: ["pipe", "ignore", "pipe"] });
  const ended = outcome(tar);
  try {
    await pipeline(createReadStream(path, { highWaterMark: chunkSize }), createZstdDecompress({ chunkSize }), tar.stdin);
  } catch (error) {
    tar.kill("SIGKILL");
    await ended;
    throw new BundleError(path, `it is no whole tar archive compressed with zstd (${message(error)})`);
  }
  const { code, said } = await ended;
  if (code !== 0) throw new BundleError(path, `it is no tar archive compressed with zstd (tar: ${said})`);
}

/** What is a link to the machines' Node.js leads to the same program on this one. */
async function linkHere(node: string, { path, sha256 }: Binary): Promise<void> {
  const target = await readlink(node).catch(() => null);
  if (target !== machineNode(sha256)) return;
  await rm(node);
  await symlink(path, node);
}

async function requireContents(path: string, folder: string): Promise<void> {
  for (const name of bundleContents) {
    if (await exists(join(folder, name))) continue;
    const target = await readlink(join(folder, name)).catch(() => null);
    if (target !== null) throw new BundleError(path, `its ${name} is a link to ${target}, which machines do not have`);
    throw new BundleError(path, `it holds no ${name}; a bundle holds ${bundleContents.join(" and ")}, in no folder`);
  }
}

async function startOnce(path: string, folder: string, sha256: string, limitMs: number): Promise<void> {
  const port = await freePort();
  const app = spawn(join(folder, "node"), bundleArguments, {
    cwd: folder, stdio: ["ignore", "pipe", "pipe"],
    // Nothing of ours: whoever runs this program holds the stack's secrets in its environment.
    env: { NODE_ENV: "production", HOST: "127.0.0.1", PORT: String(port), SERVER_NAME: "bundle-check" },
  });
  let hasEnded = false;
  const ended = outcome(app).finally(() => { hasEnded = true; });
  const deadline = performance.now() + limitMs;
  let last = `${healthCheck.path} did not answer within ${limitMs / 1000} s`;
  try {
    for (;;) {
      const answer = await health(port);
      if (answer?.status === 200) {
        if (answer.release === sha256) return;
        throw new BundleError(path, `${healthCheck.path} has to say \`"release": "${sha256}"\`, the name of the folder that the bundle lies in; it says ${JSON.stringify(answer.release)}`);
      }
      if (answer !== null) last = `${healthCheck.path} answered with status ${answer.status} instead of 200 for ${limitMs / 1000} s`;
      if (hasEnded || performance.now() >= deadline) break;
      await delay(pollMs);
    }
  } finally {
    app.kill("SIGKILL");
    await ended;
  }
  const { code, said } = await ended;
  const why = code === null ? last : `it ended with exit code ${code} before ${healthCheck.path} answered`;
  throw new BundleError(path, `${why}${said === "" ? "" : `; its last words:\n${said}`}`);
}

async function health(port: number): Promise<{ status: number; release: unknown } | null> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}${healthCheck.path}`, { signal: AbortSignal.timeout(healthCheck.timeoutMs) });
    const text = await response.text();
    return { status: response.status, release: releaseIn(text) };
  } catch {
    // Refused, cut or too slow: not yet.
    return null;
  }
}

function releaseIn(text: string): unknown {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null && "release" in body ? body.release : undefined;
  } catch {
    return undefined;
  }
}

const wordsKept = 2_000;

/** How a process ended, and the end of what it said. One that cannot be started ends with 127, as a shell has it. */
async function outcome(child: ChildProcess): Promise<{ code: number | null; said: string }> {
  let said = "";
  const listen = (chunk: Buffer): void => { said = (said + chunk.toString("utf8")).slice(-wordsKept); };
  child.stdout?.on("data", listen);
  child.stderr?.on("data", listen);
  // A reader that ends before it has read everything; what matters is how it ended.
  child.stdin?.on("error", () => undefined);
  return await new Promise((resolve) => {
    child.once("error", (error) => resolve({ code: 127, said: error.message }));
    child.once("close", (code) => resolve({ code, said: said.trim() }));
  });
}
