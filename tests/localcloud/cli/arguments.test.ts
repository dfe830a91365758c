import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { localcloud } from "./localcloud.ts";

const nobody = "qctargs";

test("without a verb, and with --help, it lists its verbs", async () => {
  const bare = await localcloud(nobody);
  expect(bare.code).toBe(0);
  for (const verb of ["up", "down", "exec", "partition", "publish"]) expect(bare.out).toMatch(new RegExp(`^  ${verb} +\\S`, "m"));
  const help = await localcloud(nobody, "partition", "--help");
  expect(help.out).toContain("--only tcp/PORT|udp/PORT");
});

test.each([
  [["nonsense"], /there is no verb "nonsense"/],
  [["status", "extra"], /too many arguments: extra/],
  [["power", "app-1"], /is missing/],
  [["power", "app-1", "sideways"], /must be on, off, shutdown, reboot or loss/],
  [["lose", "app-1", "150"], /PERCENT/],
  [["freeze", "app-1", "--for", "0"], /--for/],
  [["freeze", "app-1", "--for", "soon"], /--for/],
  [["partition", "a", "b", "--only", "icmp/1"], /tcp\/PORT or udp\/PORT/],
  [["partition", "a", "--onyl", "udp/1"], /onyl/],
  [["exec", "ls"], /write "--" before the command/],
  [["exec", "--"], /the command is missing/],
  [["run", "app-1"], /the command is missing/],
  [["api", "fail", "200"], /STATUS/],
  [["api", "break"], /there is no fault "break"/],
  [["storage", "sideways"], /must be down or up/],
  [["action-time", "-1"], /SECONDS|action-time/],
  [["token", "create"], /--scopes is missing/],
  [["publish", "--port", "99999", "--to", "198.18.1.1:80"], /--port/],
  [["publish", "--port", "8443"], /--to: .*must be ADDRESS:PORT/],
  [["publish", "--port", "8443", "--to", "lb-1:443"], /--to: .*must be ADDRESS:PORT/],
  [["publish", "--port", "8443", "--to", "198.19.0.1:0"], /--to's port/],
])("%j is not understood: exit code 2, and why", async (args, why) => {
  const { code, err, out } = await localcloud(nobody, ...args);
  expect(err).toMatch(why);
  expect(out).toBe("");
  expect(code).toBe(2);
});

test.each([
  [["status"]],
  [["status", "--json"]],
  [["exec", "--", "true"]],
  [["run", "app-1", "--", "true"]],
  [["heal"]],
])("%j without a cloud says how to get one: exit code 1", async (args) => {
  const { code, err } = await localcloud(nobody, ...args);
  expect(err).toMatch(/the local cloud is not running; start it with `localcloud up`/);
  expect(code).toBe(1);
});

test("no cloud can have the name that begins the default cloud's machines: its `down` would end them", async () => {
  expect(await localcloud("qc", "status")).toMatchObject({ code: 2, out: "", err: expect.stringMatching(/^error: QUICKCART_LOCAL=qc: .*choose another\n$/) });
});

test("a name that cannot be a cloud's is refused in one line, also by make's targets", async () => {
  const line = "error: QUICKCART_LOCAL=\"Not A Name\": a local cloud's name has 1-9 characters, a-z and 0-9, a letter first\n";
  expect(await localcloud("Not A Name", "status")).toMatchObject({ code: 2, out: "", err: line });
  for (const target of ["make/down.ts", "tests/drills/run.ts"]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, "../../..", target)], {
      env: { ...process.env, QUICKCART_LOCAL: "Not A Name" }, encoding: "utf8",
    });
    expect({ target, status, stdout, stderr }).toEqual({ target, status: 2, stdout: "", stderr: line });
  }
});
