import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keys } from "../../agents/documents.ts";
import { Bundles } from "../../agents/release/bundles.ts";
import type { Releases } from "../../agents/release/candidates.ts";
import { Failures } from "../../agents/release/failures.ts";
import { ReleaseControl } from "../../agents/release/release.ts";
import { Units } from "../../agents/release/units.ts";
import { type Slot, slots } from "../../agents/slots.ts";
import { AppUnits, archive, bundleOf, type programs, sha256Of } from "./support/appUnits.ts";
import { BucketServer } from "./support/bucketServer.ts";

let server: BucketServer;
let folder: string;
let systemd: AppUnits;
let bundles: Bundles;
let log: string[];
let control: ReleaseControl;

beforeEach(async () => {
  server = new BucketServer();
  folder = await mkdtemp(join(tmpdir(), "quickcart-release-"));
  systemd = await AppUnits.in(folder);
  log = [];
  bundles = new Bundles(folder, await server.listen(), (program, args) => systemd.run(program, args));
  control = anAgent();
});
afterEach(async () => {
  await systemd.end();
  await server.close();
  await rm(folder, { recursive: true });
});

/** Within it a good bundle starts also on a machine that is busy with other tests. */
const ampleMs = 20_000;

/** As after a start of the agent's unit: it knows nothing but what is on the machine. */
function anAgent(units: Partial<Units> = {}, readyLimitMs = ampleMs): ReleaseControl {
  const real = new Units((program, args) => systemd.run(program, args), (slot) => systemd.ports[slot]);
  const { start, stop, state, health } = { start: real.start.bind(real), stop: real.stop.bind(real), state: real.state.bind(real), health: real.health.bind(real), ...units };
  return new ReleaseControl({
    name: "app-1", bundles, units: { start, stop, state, health }, failures: new Failures(join(folder, "failed")),
    patience: { readyLimitMs, noticedAfterMs: 100, pollMs: 20 }, log: (line) => void log.push(line),
  });
}

/** Puts a bundle into the bucket; answers its hash. */
async function publish(program: keyof typeof programs, version = ""): Promise<string> {
  return put(await bundleOf(program, version));
}

function put(content: Buffer, hash = sha256Of(content)): string {
  server.put(keys.app(hash), content);
  return hash;
}

const base = (app: string): Releases => ({ canary: null, base: { version: 1, app } });
const withCanary = (canary: string, app: string | null, machine = "app-1"): Releases =>
  ({ canary: { version: 1, machine, app: canary }, base: app === null ? null : { version: 1, app } });

/** Which bundle answers in the slot, whatever the links say. */
async function answering(slot: Slot): Promise<string | null> {
  try {
    const response = await fetch(`http://127.0.0.1:${systemd.ports[slot]}/healthz`);
    const { release } = await response.json() as { release: string };
    return response.status === 200 ? release : null;
  } catch {
    return null;
  }
}

const links = async (): Promise<(string | null)[]> => await Promise.all(slots.map((slot) => bundles.in(slot)));

/** Alone in service; the slot's predecessor may still be finishing. */
async function expectServing(slot: Slot, hash: string): Promise<void> {
  expect(await links()).toEqual(slots.map((one) => one === slot ? hash : null));
  expect(await answering(slot)).toBe(hash);
}

test("brings the first bundle into service, then each next one beside it", async () => {
  const [one, two, three] = [await publish("good", "one"), await publish("good", "two"), await publish("good", "three")];
  expect(await control.apply(base(one))).toBe(`bundle ${one} is in service`);
  await expectServing("blue", one);
  await control.apply(base(two));
  await expectServing("green", two);
  await control.apply(base(three));
  await expectServing("blue", three);
  expect(systemd.asked.filter((what) => what.startsWith("stop"))).toEqual(["stop blue", "stop green"]);
  expect(log).toContain(`bundle ${two} has taken over from ${one}`);
});

test("a request under way is answered by the bundle that took it", async () => {
  const [one, two] = [await publish("good", "one"), await publish("good", "two")];
  await control.apply(base(one));
  const slow = fetch(`http://127.0.0.1:${systemd.ports.blue}/slow`);
  // Behind it on the server's side: the slow one has arrived.
  await fetch(`http://127.0.0.1:${systemd.ports.blue}/healthz`);
  await control.apply(base(two));
  expect(await (await slow).json()).toEqual({ release: one });
});

test("after a reboot, what was in service is started, and nothing is fetched", async () => {
  const one = await publish("good");
  await control.apply(base(one));
  await systemd.end();
  const requests = server.seen.length;
  systemd.boot();
  await anAgent().apply(base(one));
  await expectServing("blue", one);
  expect(server.seen).toHaveLength(requests);
  expect(systemd.asked).not.toContain("stop blue");
});

describe("leaves the old bundle in service, and says so, when the new one", () => {
  const wrong = "0".repeat(64);
  test.each<[string, () => Promise<string>, RegExp]>([
    ["has another content", async () => put(await bundleOf("good", "forged"), wrong), /has the sha256 [0-9a-f]{64}: damaged or forged, not unpacked/],
    ["is no archive", async () => put(Buffer.from("no archive")), /^it cannot be unpacked: tar .*zstd/s],
    ["is cut short", async () => put((await bundleOf("good", "x".repeat(4096))).subarray(0, 60)), /^it cannot be unpacked: tar/],
    ["lacks its Node.js", async () => put(await archive({ "main.mjs": "two" })), /^it holds no node/],
    ["never answers", async () => await publish("silent"), /^not ready within 2 s: \/healthz did not answer/],
    ["answers that it is not ready", async () => await publish("unavailable"), /^not ready within 2 s: \/healthz answered with status 503/],
    ["does not say who it is", async () => await publish("nameless"), /^not ready within 2 s: \/healthz does not say which release it is/],
    ["ends again and again", async () => await publish("crashing"), /^it ended \d times in a row/],
    ["refuses its settings", async () => await publish("refusing"), /^it ended, and says that starting it again will not help/],
  ])("%s", async (_, prepare, why) => {
    const one = await publish("good");
    await control.apply(base(one));
    const bad = await prepare();
    const agent = anAgent({}, 2_000);
    expect(await agent.apply(base(bad))).toMatch(/^nothing of what is wanted works here/);
    await expectServing("blue", one);
    expect(systemd.asked).not.toContain("stop blue");
    expect(await readFile(join(folder, "failed", bad), "utf8")).toMatch(why);
    expect(log.at(-1)).toContain(`bundle ${bad} failed: `);
    expect((await readdir(folder)).filter((name) => /\.(tmp|part)$/.test(name))).toEqual([]);
    // Nobody asked for another attempt.
    const asked = systemd.asked.length;
    await agent.apply(base(bad));
    expect(systemd.asked).toHaveLength(asked);
  });
});

test("what failed is tried again once it was not wanted for a while, or by a new agent", async () => {
  const [one, bad] = [await publish("good"), await publish("refusing")];
  await control.apply(base(one));
  const attempts = (): number => systemd.asked.filter((what) => what === "start green").length;
  await control.apply(base(bad));
  expect(attempts()).toBe(1);
  await control.apply(base(one));
  expect(existsSync(join(folder, "failed", bad))).toBe(false);
  await control.apply(base(bad));
  expect(attempts()).toBe(2);
  await anAgent().apply(base(bad));
  expect(attempts()).toBe(3);
  await expectServing("blue", one);
});

test("keeps the five bundles that served last, and nothing that a power loss cut short", async () => {
  for (let day = 1; day <= 6; day += 1) {
    const name = String(day).repeat(64);
    await mkdir(join(folder, name));
    await utimes(join(folder, name), day, day);
  }
  await mkdir(join(folder, `${"8".repeat(64)}.tmp`));
  const seven = await publish("good");
  await control.apply(base(seven));
  expect([..."123456"].filter((day) => existsSync(join(folder, day.repeat(64))))).toEqual(["3", "4", "5", "6"]);
  expect(existsSync(join(folder, `${"8".repeat(64)}.tmp`))).toBe(false);
  await expectServing("blue", seven);
});

test("a storage that is away is no fault of the bundle: the old one serves, and it is tried again", async () => {
  const [one, two] = [await publish("good", "one"), await publish("good", "two")];
  await control.apply(base(one));
  server.failure = { status: 503, code: "SlowDown" };
  await expect(control.apply(base(two))).rejects.toThrow("503 SlowDown");
  await expectServing("blue", one);
  server.failure = null;
  await control.apply(base(two));
  await expectServing("green", two);
});

describe("the canary's bundle", () => {
  test("serves on the canary alone; all others fetch it ahead of time", async () => {
    const [one, two] = [await publish("good", "one"), await publish("good", "two")];
    await control.apply(withCanary(two, one, "app-7"));
    await expectServing("blue", one);
    expect(existsSync(join(folder, two, "main.mjs"))).toBe(true);
    await control.apply(withCanary(two, one));
    await expectServing("green", two);
  });

  test("is fetched ahead of time even where nothing is to serve yet, and its absence harms nobody", async () => {
    const two = await publish("good");
    expect(await control.apply(withCanary(two, null, "app-7"))).toBe("the release document is not in the bucket yet");
    expect(existsSync(join(folder, two, "main.mjs"))).toBe(true);
    const one = await publish("good", "one");
    await control.apply(withCanary("a".repeat(64), one, "app-7"));
    await expectServing("blue", one);
    expect(log.at(-1)).toMatch(/^cannot fetch the canary's bundle ahead of time: .*404/);
  });

  test("that fails on a fresh machine makes way for the one that all others run", async () => {
    const [bad, one] = [await publish("crashing"), await publish("good")];
    expect(await control.apply(withCanary(bad, one))).toBe(`bundle ${one} is in service`);
    await expectServing("green", one);
    expect(await readFile(join(folder, "failed", bad), "utf8")).toMatch(/^it ended/);
  });
});

test("an agent that is killed at any moment of a release goes on where it was, and there is always one that serves", async () => {
  const [one, two] = [await publish("good", "one"), await publish("good", "two")];
  let wanted = one;
  await control.apply(base(wanted));
  let moment = 1;
  for (let wasKilled = true; wasKilled; moment += 1) {
    wanted = wanted === one ? two : one;
    const steps = { left: moment };
    wasKilled = await anAgent(killedAfter(steps)).apply(base(wanted)).then(() => false, (error: Error) => {
      expect(error.message).toBe("killed");
      return true;
    });
    expect((await Promise.all(slots.map(answering))).some((answer) => answer !== null)).toBe(true);
    await anAgent().apply(base(wanted));
    const slot = (await links())[0] === null ? "green" : "blue";
    await expectServing(slot, wanted);
  }
  // Its looks at both slots, the start, several of the proof, the stop.
  expect(moment).toBeGreaterThan(10);
}, 60_000);

/** So many words with systemd or the app are heard; after the next one the agent is gone. */
function killedAfter(steps: { left: number }): Partial<Units> {
  const real = new Units((program, args) => systemd.run(program, args), (slot) => systemd.ports[slot]);
  async function counted<T>(work: Promise<T>): Promise<T> {
    const result = await work;
    if (steps.left-- <= 0) throw new Error("killed");
    return result;
  }
  return {
    start: (slot) => counted(real.start(slot)), stop: (slot) => counted(real.stop(slot)),
    state: (slot) => counted(real.state(slot)), health: (slot) => counted(real.health(slot)),
  };
}
