import { type ChildProcess, execFile, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { round } from "../../../../agents/redis/agent.ts";
import type { Hands } from "../../../../agents/redis/carryOut.ts";
import { decide } from "../../../../agents/redis/decide.ts";
import { type Ask, Nodes } from "../../../../agents/redis/nodes.ts";
import { survey } from "../../../../agents/redis/survey.ts";
import { filesOf } from "../../../../components/rendering/files.ts";
import { redis } from "../../../templates/support/roles.ts";
import { hasImageProgram, imageProgram } from "./imageProgram.ts";

/** Redis servers of the machines' own Debian, each on an address of this host's loopback, with the configuration that machines get. */

const execute = promisify(execFile);
/** Skips the suite, and says why, where there is no image of the machines. */
export function describeWithRedis(name: string, suite: () => void): void {
  if (!hasImageProgram("redis-server")) describe.skip(`${name} (skipped: the machines' image is not baked yet)`, suite);
  else describe(name, suite);
}

const serverPath = "/etc/redis/quickcart.conf";
const credentialsPath = "/run/credentials/redis-server.service";

export class RedisLab {
  readonly #folder = mkdtempSync(join(tmpdir(), "quickcart-redis-"));
  readonly #servers = new Map<string, ChildProcess>();
  /** Of this process alone: other runs of these tests have other addresses. */
  readonly #network = `127.${50 + (process.pid % 150)}.${Math.floor(process.pid / 150) % 250}`;
  readonly #nodes = new Nodes({ user: "admin", password: redis.passwords.admin });
  readonly #patient = new Nodes({ user: "admin", password: redis.passwords.admin, timeoutMs: 60_000 });
  readonly said: string[] = [];

  get ask(): Ask {
    return this.#nodes.ask;
  }

  address(number: number): string {
    return `${this.#network}.${number}`;
  }

  machines(count: number): { name: string; address: string }[] {
    return Array.from({ length: count }, (_, index) => ({ name: `redis-${index + 1}`, address: this.address(index + 1) }));
  }

  /** With what it held before, unless it is to be as new. */
  async start(number: number, { fresh = false } = {}): Promise<void> {
    const folder = join(this.#folder, String(number));
    if (fresh) rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const { path, content } of filesOf({ ...redis, name: `redis-${number}` })) {
      const name = path === serverPath ? "redis.conf" : path === "/etc/quickcart/redis-users.acl" || path === "/etc/quickcart/redis-replication.conf" ? path.replace("/etc/quickcart/", "") : null;
      if (name === null) continue;
      writeFileSync(join(folder, name), content
        .replaceAll(credentialsPath, folder).replace("/var/lib/redis", folder)
        // A host that is busy otherwise must not look like a machine that is gone.
        .replace("cluster-node-timeout 1500", "cluster-node-timeout 15000"));
      chmodSync(join(folder, name), 0o600);
    }
    const address = this.address(number);
    const [loader, ...rest] = [...imageProgram("redis-server"), join(folder, "redis.conf"), "--daemonize", "no", "--bind", address, "--cluster-announce-ip", address];
    const child = spawn(loader, rest, { stdio: ["ignore", "pipe", "pipe"] });
    let words = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => { words = (words + text).slice(-1_000); });
    this.#servers.set(address, child);
    await this.until(`redis-${number}`, async () => {
      if (child.exitCode !== null) throw new Error(`redis-server ended: ${words}`);
      return (await this.ask(address, "PING")) === "PONG";
    });
  }

  /** Of that machine's server. */
  pid(number: number): number {
    const { pid } = this.#servers.get(this.address(number)) ?? {};
    if (pid === undefined) throw new Error(`redis-${number} was not started`);
    return pid;
  }

  kill(number: number): void {
    this.#servers.get(this.address(number))?.kill("SIGKILL");
  }

  readonly redisCli: Hands["redisCli"] = async (_, args) => {
    const [loader, ...rest] = [...imageProgram("redis-cli"), ...args];
    return (await execute(loader, rest, { timeout: 60_000, maxBuffer: 8 * 1024 * 1024, env: { ...process.env, REDISCLI_AUTH: redis.passwords.admin } })).stdout;
  };

  /** Every machine's agent looks, again and again, until there is nothing to do. */
  async settle(count: number, everyRound: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    const machines = this.machines(count);
    await this.until(`${count} machines to be one cluster`, async () => {
      for (const { name, address } of machines) {
        const { words } = await round(name, machines, { ask: this.ask, mover: { ask: this.#patient.ask, user: "admin", password: redis.passwords.admin }, redisCli: this.redisCli, ownAddress: address });
        if (this.said.at(-1) !== words) this.said.push(words);
      }
      await everyRound();
      return await this.decision(count) === "nothing";
    }, 160_000);
  }

  /** What the first machine that answers would do now. */
  async decision(count: number): Promise<string> {
    for (const { name } of this.machines(count)) {
      const view = await survey(this.ask, name, this.machines(count));
      if (view !== null) return decide(view).do;
    }
    return "nobody answers";
  }

  async until(what: string, holds: () => Promise<boolean>, limitMs = 30_000): Promise<void> {
    const limit = performance.now() + limitMs;
    let last = "";
    for (;;) {
      try {
        if (await holds()) return;
      } catch (error) {
        last = error instanceof Error ? error.message : String(error);
      }
      if (performance.now() > limit) throw new Error(`waited ${limitMs / 1000} s in vain for ${what}; ${last}; the agents said: ${this.said.slice(-6).join(" | ")}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async end(): Promise<void> {
    this.#nodes.close();
    this.#patient.close();
    const servers = [...this.#servers.values()].filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    await Promise.all(servers.map(async (server) => new Promise((resolve) => {
      server.once("exit", resolve);
      server.kill("SIGKILL");
    })));
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
