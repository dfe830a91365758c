import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { round } from "../../../../agents/redis/agent.ts";
import type { Hands } from "../../../../agents/redis/carryOut.ts";
import { decide } from "../../../../agents/redis/decide.ts";
import { type Ask, Nodes } from "../../../../agents/redis/nodes.ts";
import { redisCli } from "../../../../agents/redis/redisCli.ts";
import { type NodeTls, paths, redisSettingsSchema } from "../../../../agents/redis/settings.ts";
import { look, survey } from "../../../../agents/redis/survey.ts";
import { tierName } from "../../../../components/redis/tierName.ts";
import { filesOf } from "../../../../components/rendering/files.ts";
import { type RedisRole } from "../../../../components/userData.ts";
import { redis } from "../../../templates/support/roles.ts";
import { Authority } from "../../../unit/components/authority.ts";
import { hasImageProgram, imageProgram } from "./imageProgram.ts";

/** Redis servers of the machines' own Debian, each on an address of this host's loopback, with the configuration that machines get. */

/** Skips the suite, and says why, where there is no image of the machines. */
export function describeWithRedis(name: string, suite: () => void): void {
  if (!hasImageProgram("redis-server")) describe.skip(`${name} (skipped: the machines' image is not baked yet)`, suite);
  else describe(name, suite);
}

const credentialsPath = "/run/credentials/redis-server.service";
/** What the server reads, by where it lies on a machine. */
const serverFiles = ["/etc/redis/quickcart.conf", ...["redis-users.acl", "redis-replication.conf", "authority.crt", "redis.crt", "redis.key"].map((name) => `/etc/quickcart/${name}`)];

export class RedisLab {
  readonly #folder = mkdtempSync(join(tmpdir(), "quickcart-redis-"));
  readonly #servers = new Map<string, ChildProcess>();
  /** Of this process alone: other runs of these tests have other addresses. */
  readonly #network = `127.${50 + (process.pid % 150)}.${Math.floor(process.pid / 150) % 250}`;
  readonly #role: RedisRole;
  readonly #nodes: Nodes;
  readonly #patient: Nodes;
  /** Of each of its nodes, where they have one. */
  readonly certificate: { cert?: string; key?: string };
  /** How to know its nodes; null where they talk without TLS. */
  readonly tls: NodeTls | null;
  readonly said: string[] = [];

  constructor({ tls = false } = {}) {
    this.#role = { ...redis, tls: tls ? machineTls() : null };
    this.tls = this.#trust(this.#role);
    this.certificate = this.#role.tls === null ? {} : { cert: this.#role.tls.certificate, key: this.#role.tls.key };
    const login = { user: "admin", password: redis.passwords.admin, tls: this.tls };
    this.#nodes = new Nodes(login);
    this.#patient = new Nodes({ ...login, timeoutMs: 60_000 });
  }

  /** As the machine's own settings say, with its files where they are here. */
  #trust(role: RedisRole): NodeTls | null {
    const settings = filesOf(role).find(({ path }) => path === paths.settings)?.content ?? "";
    const { tls } = redisSettingsSchema.parse(JSON.parse(settings));
    if (tls === null || role.tls === null) return null;
    const authorityPath = join(this.#folder, "authority.crt");
    writeFileSync(authorityPath, role.tls.authority);
    return { authority: role.tls.authority, authorityPath, name: tls.name };
  }

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
    for (const { path, content } of filesOf({ ...this.#role, name: `redis-${number}` })) {
      if (!serverFiles.includes(path)) continue;
      const name = basename(path);
      writeFileSync(join(folder, name), content
        .replaceAll(credentialsPath, folder).replaceAll("/etc/quickcart", folder).replace("/var/lib/redis", folder)
        // A host that is busy otherwise must not look like a machine that is gone.
        .replace("cluster-node-timeout 1500", "cluster-node-timeout 15000"));
      chmodSync(join(folder, name), 0o600);
    }
    const address = this.address(number);
    const [loader, ...rest] = [...imageProgram("redis-server"), join(folder, "quickcart.conf"), "--daemonize", "no", "--bind", address, "--cluster-announce-ip", address];
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
    return await redisCli({ password: redis.passwords.admin, tls: this.tls, limitMs: 60_000 })(loader, rest);
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
      return await this.decision(count) === "nothing" && await this.agree(count);
    }, 160_000);
  }

  /** Whether all of them have heard who follows whom: agents put together what each says of itself, and are done before that. */
  private async agree(count: number): Promise<boolean> {
    const views = await Promise.all(this.machines(count).map(async ({ address }) =>
      (await look(this.ask, address)).nodes.map(({ id, masterId }) => `${id} ${masterId ?? "-"}`).sort().join("\n")));
    return new Set(views).size === 1;
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

/** As the stack's authority makes them. */
function machineTls(): NonNullable<RedisRole["tls"]> {
  const authority = new Authority();
  const { certificate, key } = authority.site({ commonName: "redis-1", names: ["redis-1", tierName, "localhost"], extendedUse: "serverAuth,clientAuth" });
  const trusted = `${authority.root.certificate}${authority.intermediate.certificate}`;
  authority.close();
  return { authority: trusted, certificate, key };
}
