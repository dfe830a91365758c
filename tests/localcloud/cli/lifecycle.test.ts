import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { findImages } from "../../../localcloud/images/bake.ts";
import { hasTools, localcloud, startLocalcloud } from "./localcloud.ts";

/** A whole cloud, several times: root, the tools and the images must be there; none of it is waited for here. */
const instance = "qctlife";
const canRun = process.getuid?.() === 0 && hasTools();
jest.setTimeout(180_000);

(canRun ? describe : describe.skip)("a cloud's life", () => {
  let before: string[];

  beforeAll(async () => {
    if ((await findImages()) === null) throw new Error("the images are not baked; run: make up");
    await localcloud(instance, "down");
    before = traces();
  });
  afterEach(async () => {
    const { code, err } = await localcloud(instance, "down");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(traces()).toEqual(before);
  });

  test("up, up again, commands inside, a daemon killed, down: and nothing is left", async () => {
    const raised = await localcloud(instance, "up", "--json");
    expect({ code: raised.code, changed: read(raised.out)["changed"] }).toEqual({ code: 0, changed: true });
    expect(traces().length).toBeGreaterThan(before.length);

    const began = performance.now();
    const again = await localcloud(instance, "up", "--json");
    expect(read(again.out)["changed"]).toBe(false);
    expect(performance.now() - began).toBeLessThan(3_000);

    const inside = await localcloud(instance, "exec", "--", "sh", "-c", `
      test -n "$DIGITALOCEAN_TOKEN" || exit 1
      curl -sS --fail -o /dev/null -H "Authorization: Bearer $DIGITALOCEAN_TOKEN" https://api.digitalocean.com/v2/account || exit 2
      curl -sS -o /dev/null https://shop.fra1.digitaloceanspaces.com/ || exit 3
      curl -sS --max-time 3 -o /dev/null http://example.com/ 2>/dev/null && exit 4
      exit 42`);
    expect(inside).toMatchObject({ code: 42, err: "" });
    const piped = startLocalcloud(instance, ["exec", "--", "cat"], { input: "through" });
    expect(await piped.ended).toMatchObject({ code: 0, out: "through" });
    const signalled = startLocalcloud(instance, ["exec", "--", "sh", "-c", "trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done"]);
    await new Promise((resolve) => signalled.child.stdout?.once("data", resolve));
    signalled.child.kill("SIGTERM");
    expect(await signalled.ended).toMatchObject({ code: 9 });

    const token = await localcloud(instance, "token", "create", "--scopes", "droplet:read", "--json");
    expect(read(token.out)["token"]).toMatch(/^dop_v1_[0-9a-f]{64}$/);
    expect((await localcloud(instance, "token", "create", "--scopes", "droplet:levitate")).err).toContain("droplet:levitate");
    expect((await localcloud(instance, "power", "nobody", "off")).err).toContain('there is no droplet "nobody"');

    process.kill(pidOf("daemon"), "SIGKILL");
    process.kill(pidOf("outside"), "SIGKILL");
    // As left when it was just plugging a machine in that the API knows nothing of.
    execFileSync("ip", ["netns", "add", `${instance}-77`]);
    execFileSync("ip", ["-n", instance, "link", "add", "p77", "type", "veth", "peer", "name", "eth0", "netns", `${instance}-77`]);
    const back = await localcloud(instance, "up", "--json");
    expect({ code: back.code, changed: read(back.out)["changed"] }).toEqual({ code: 0, changed: true });
    expect(existsSync(`/run/netns/${instance}-77`)).toBe(false);
    expect(execFileSync("ip", ["-n", instance, "-o", "link"], { encoding: "utf8" })).not.toContain("p77");
    expect(secretsSeen()).toEqual([]);
  });

  test.each([
    ["moves the floating address", "quickcart:addressToken", "floating-address-token", "/v2/reserved_ips", "/v2/droplets"],
    ["cuts power", "quickcart:fenceToken", "fence-token", "/v2/droplets", "/v2/reserved_ips"],
  ])("the token that %s is made once, can do nothing else, and is made anew when the cloud forgot it", async (_, setting, name, may, mayNot) => {
    await localcloud(instance, "up");
    const token = ensureToken(setting);
    expect(token).toMatch(/^dop_v1_[0-9a-f]{64}$/);
    expect(ensureToken(setting)).toBe(token);
    const file = `/var/lib/${instance}-local/site/${name}`;
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const status = async (path: string): Promise<string> => (await localcloud(instance, "exec", "--", "sh", "-c",
      `curl -sS -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $(cat ${file})" https://api.digitalocean.com${path}`)).out;
    expect([await status(may), await status(mayNot)]).toEqual(["200", "403"]);

    writeFileSync(file, `dop_v1_${"0".repeat(64)}\n`);
    const another = ensureToken(setting);
    expect(another).toMatch(/^dop_v1_[0-9a-f]{64}$/);
    expect(another).not.toBe(token);
    expect(ensureToken(setting)).toBe(another);
  });

  test("a port is published, given back, and named when it is taken", async () => {
    await localcloud(instance, "up");
    expect(await localcloud(instance, "publish", "--port", "38471", "--to", "198.18.0.20:80")).toMatchObject({ code: 0 });
    const answer = await fetch("http://127.0.0.1:38471/hello");
    expect(await answer.json()).toMatchObject({ path: "/hello" });
    expect((await localcloud(instance, "unpublish", "--port", "38471")).code).toBe(0);
    await expect(opens(38471)).resolves.toBe(false);

    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = squatter.address() as AddressInfo;
      const refused = await localcloud(instance, "publish", "--port", String(port), "--to", "198.18.0.20:80");
      expect(refused.code).toBe(1);
      expect(refused.err).toMatch(new RegExp(`port ${port} on 127.0.0.1 is taken by .*; end it or choose another port`));
    } finally {
      squatter.close();
    }
  });

  test("a second `up` at the same time is refused and names the first", async () => {
    const first = startLocalcloud(instance, ["up"]);
    await new Promise((resolve) => first.child.stdout?.once("data", resolve));
    const second = await localcloud(instance, "down");
    expect(second.code).toBe(1);
    expect(second.err).toContain(`localcloud up (process ${first.child.pid ?? 0}) is at work`);
    expect((await first.ended).code).toBe(0);
  });

  test("killed at any moment, `up` comes up when it is run again", async () => {
    for (const milliseconds of [300, 600, 1_000, 1_500]) {
      const killed = startLocalcloud(instance, ["up"]);
      await pause(milliseconds);
      killed.child.kill("SIGKILL");
      await killed.ended;
      expect(await localcloud(instance, "up")).toMatchObject({ code: 0, err: "" });
      const ending = startLocalcloud(instance, ["down"]);
      await pause(milliseconds / 2);
      ending.child.kill("SIGKILL");
      await ending.ended;
    }
  });
});

/** As each run of Pulumi does. */
function ensureToken(setting: string): string {
  const module = join(import.meta.dirname, "..", "..", "..", "make", "cloudTokens.ts");
  const script = `import { ensureToken } from ${JSON.stringify(module)};\nprocess.stdout.write(await ensureToken(${JSON.stringify(setting)}));`;
  return execFileSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8", env: { ...process.env, QUICKCART_LOCAL: instance } });
}

function read(text: string): Record<string, unknown> {
  return JSON.parse(text) as Record<string, unknown>;
}

function pidOf(service: string): number {
  return Number(readFileSync(`/run/${instance}-local/${service}.pid`, "utf8").split(" ")[0]);
}

/** What the kernel and the disk know of a cloud by this name, found without the project's own code. */
function traces(): string[] {
  const lines = (text: string): string[] => text.split("\n").filter((line) => line.includes(instance));
  const processes = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
    try {
      const about = readFileSync(`/proc/${pid}/cgroup`, "utf8") + readFileSync(`/proc/${pid}/environ`, "utf8");
      return about.includes(`QUICKCART_LOCAL=${instance}`) || about.includes(`/${instance}-local`) ? [`process ${pid}`] : [];
    } catch {
      return [];
    }
  });
  return [
    ...processes,
    ...lines(readFileSync("/proc/self/mountinfo", "utf8")),
    ...lines(execFileSync("ip", ["netns", "list"], { encoding: "utf8" })),
    ...lines(execFileSync("find", ["/sys/fs/cgroup", "-type", "d", "-name", `${instance}*`], { encoding: "utf8" })),
    ...["/run", "/var/lib", "/tmp", "/run/netns"].flatMap((dir) => (existsSync(dir) ? readdirSync(dir) : [])).filter((name) => name.includes(instance)),
  ].sort();
}

/** Command lines are everybody's to read; logs are shown to people. */
function secretsSeen(): string[] {
  const secrets = readFileSync(`/var/lib/${instance}-local/credentials.env`, "utf8").trim().split("\n").filter((line) => !line.includes("ACCESS_KEY_ID")).map((line) => line.split("=")[1] ?? "");
  const places = [
    ...readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map((pid) => `/proc/${pid}/cmdline`),
    `/var/lib/${instance}-local/daemon.log`,
    `/var/lib/${instance}-local/outside.log`,
  ];
  return places.filter((place) => {
    try {
      const text = readFileSync(place, "utf8");
      return secrets.some((secret) => text.includes(secret));
    } catch {
      return false;
    }
  });
}

function opens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
