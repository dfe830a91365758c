import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Redis } from "ioredis";
import { runTarget, step, UserError } from "../../make/steps.ts";
import { imageProgram } from "../../tests/agents/redis/support/imageProgram.ts";
import { RedisLab } from "../../tests/agents/redis/support/lab.ts";
import { slotOf } from "../../tests/drills/redis/slot.ts";
import { redis } from "../../tests/templates/support/roles.ts";
import { busyShare } from "../lb/busy.ts";
import { cpuSeconds } from "../lb/cpu.ts";
import { table } from "../lb/report.ts";
import { writeResult } from "../result.ts";
import { paired, rounds } from "../statistics.ts";

/** What a master of our cluster does with its CPU, beside a Redis server that only holds data in memory: see `measures` in ../list.ts. */

const sabotaged = process.argv.includes("--sabotage");
const execute = promisify(execFile);

const loads = [
  { what: "SET, 512 bytes", command: ["SET", "{tag}:__rand_int__", "x".repeat(512)] },
  { what: "GET, 512 bytes", command: ["GET", "{tag}:__rand_int__"] },
  { what: "INCR", command: ["INCR", "{tag}:n:__rand_int__"] },
] as const;

const turns = { requests: 20_000, clients: 50, keys: 20_000, warmUp: 1, rounds: 15 };

/** AOF and a replica cost something; more than this, and something is wrong. */
const leastRatio = 0.5;

interface Server {
  readonly name: "lone" | "ours";
  readonly host: string;
  readonly pid: number;
  readonly login: readonly string[];
  /** In whose slots the keys are. */
  readonly tag: string;
}

/** As Debian's package would run it, less what it writes to disk. */
async function startLone(folder: string, host: string): Promise<ChildProcess & { pid: number }> {
  const [loader, ...rest] = imageProgram("redis-server");
  const child = spawn(loader, [...rest, "--bind", host, "--port", "6379", "--dir", folder, "--save", "", "--protected-mode", "no"], { stdio: "ignore" });
  const { pid } = child;
  if (pid === undefined) throw new Error("redis-server cannot be started");
  const client = new Redis({ host, retryStrategy: () => 50 });
  client.on("error", () => undefined);
  await client.ping();
  client.disconnect();
  return Object.assign(child, { pid });
}

/** Answers for each second of the server's CPU. */
async function turn({ host, pid, login, tag }: Server, command: readonly string[]): Promise<number> {
  const [loader, ...rest] = imageProgram("redis-benchmark");
  const before = cpuSeconds([pid]);
  await execute(loader, [
    ...rest, "-h", host, "-p", "6379", ...login, "-q", "-n", String(turns.requests), "-c", String(turns.clients), "-r", String(turns.keys),
    ...command.map((word) => word.replace("tag", tag)),
  ], { timeout: 60_000, maxBuffer: 8 * 1024 * 1024 });
  return turns.requests / (cpuSeconds([pid]) - before);
}

function tagIn(from: number, to: number): string {
  for (let number = 0; ; number++) {
    const slot = slotOf(String(number));
    if (from <= slot && slot <= to) return String(number);
  }
}

await runTarget(async () => {
  const lab = new RedisLab();
  const folder = mkdtempSync(join(tmpdir(), "quickcart-bench-redis-"));
  const host = lab.address(100);
  const lone = await startLone(folder, host);
  const onlookers: Redis[] = [];
  try {
    await step("form a cluster of six", async () => {
      for (let number = 1; number <= 6; number++) await lab.start(number);
      await lab.settle(6);
    });
    const login = { username: "app", password: redis.passwords.app };
    if (sabotaged) for (let count = 0; count < 8; count++) onlookers.push(await new Redis({ host: lab.address(1), username: "admin", password: redis.passwords.admin }).monitor());
    const servers: Server[] = [
      { name: "lone", host, pid: lone.pid, login: [], tag: "0" },
      { name: "ours", host: lab.address(1), pid: lab.pid(1), login: ["--user", login.username, "-a", login.password], tag: tagIn(0, 5_461) },
    ];
    const othersPercent = Math.round(100 * await busyShare(2_000));
    const comparisons = [];
    for (const { what, command } of loads) {
      const samples: Record<Server["name"], number[]> = { lone: [], ours: [] };
      await step(`measure ${what}`, async () => {
        for (const { round, item } of rounds(turns.warmUp + turns.rounds, servers)) {
          const answers = await turn(item, command);
          if (round >= turns.warmUp) samples[item.name].push(answers);
        }
      });
      const ratio = paired(samples.ours, samples.lone, (ours, other) => ours / other);
      const median = (all: readonly number[]): number => Math.round(paired(all, all, (one) => one).median);
      comparisons.push({ what, lone: median(samples.lone), ours: median(samples.ours), ratio, holds: ratio.median >= leastRatio });
    }
    process.stdout.write(["", ...table([
      ["for each second of a master's CPU", "lone", "ours", "ours/lone", `>= ${leastRatio}`],
      ...comparisons.map(({ what, lone: bare, ours, ratio, holds }) => [what, bare.toLocaleString("en"), ours.toLocaleString("en"), ratio.median.toFixed(2), holds ? "ok" : "NO"]),
    ]), ""].join("\n"));
    if (!sabotaged) writeResult("redis", { othersPercent, comparisons });
    if (comparisons.some(({ holds }) => !holds)) throw new UserError("a master of the cluster does less than half of a lone server's work for its CPU");
  } finally {
    for (const onlooker of onlookers) onlooker.disconnect();
    lone.kill("SIGKILL");
    await lab.end();
    rmSync(folder, { recursive: true, force: true });
  }
});
