import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { firstSeen, isIn, type Sight } from "../../drills/poolWatch.ts";

const sight = (at: number, state: string, other = "DOWN"): Sight => ({ at, states: { "app-1:10.10.0.5:blue": state, "app-1:10.10.0.5:green": other, "app-10:10.10.0.9:blue": "UP" } });

test.each([
  ["UP", "DOWN", true], ["UP 1/2", "DOWN", true], ["DOWN", "UP", true], ["no check", "DOWN", true], ["DOWN 1/2", "DOWN", false], ["NOLB", "DOWN", false], ["DRAIN", "MAINT", false],
])("blue %s, green %s: in the pool is %s", (blue, green, expected) => {
  expect(isIn("app-1", sight(0, blue, green))).toBe(expected);
});

test.each<[string, Sight[], "in" | "out", number | undefined]>([
  ["it went out later", [sight(5, "UP"), sight(20, "UP 1/2"), sight(30, "DOWN")], "out", 30],
  ["it was out already", [sight(5, "DOWN")], "out", 10],
  ["it is still in", [sight(5, "UP"), sight(20, "UP 1/2")], "out", undefined],
  ["it came back", [sight(5, "UP"), sight(20, "DOWN"), sight(40, "UP")], "out", 20],
  ["nothing was known before", [sight(12, "UP")], "in", 12],
])("%s", (_, sights, wanted, expected) => {
  expect(firstSeen(sights, "app-1", wanted, 10)).toBe(expected);
});

/** Speaks like HAProxy's runtime socket. */
function fakeHaproxy(path: string): { server: Server; asked: string[]; status: { app: string } } {
  const asked: string[] = [];
  const status = { app: "UP" };
  const server = createServer((connection) => {
    connection.on("data", (data) => {
      const command = data.toString().trim();
      asked.push(command);
      connection.end(command.startsWith("show stat") ? `# pxname,svname,qcur,status,\napp,app-1:10.10.0.5:blue,0,${status.app},\n\n` : "\n");
    });
  }).listen(path);
  return { server, asked, status };
}

test("a load balancer's own Node tells each change, says commands first, and ends with its input", async () => {
  const folder = mkdtempSync(join(tmpdir(), "pool-"));
  const socket = join(folder, "admin.sock");
  const { server, asked, status } = fakeHaproxy(socket);
  const text = readFileSync(join(__dirname, "../../drills/pool.ts"), "utf8");
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn(
    process.execPath, ["--input-type=module-typescript", "-e", text, "--", "--pool", socket, "disable health app/app-1:10.10.0.5:blue"], { stdio: ["pipe", "pipe", "inherit"] },
  );
  try {
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const next = async (): Promise<unknown> => JSON.parse((await lines.next()).value as string);
    expect(await next()).toEqual({ at: expect.any(Number), states: { "app-1:10.10.0.5:blue": "UP" } });
    expect(asked[0]).toBe("disable health app/app-1:10.10.0.5:blue");
    status.app = "DOWN";
    expect(await next()).toEqual({ at: expect.any(Number), states: { "app-1:10.10.0.5:blue": "DOWN" } });
    child.stdin.end();
    expect(await once(child, "exit")).toEqual([0, null]);
  } finally {
    child.kill("SIGKILL");
    server.close();
    rmSync(folder, { recursive: true });
  }
});
