import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, readlink, rm, stat, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { zstdCompressSync } from "node:zlib";
import { run, type Run } from "../../agents/commands.ts";
import { keys } from "../../agents/documents.ts";
import { Bundles } from "../../agents/release/bundles.ts";
import { applyRelease } from "../../agents/release/release.ts";
import { surplus } from "../../agents/release/surplus.ts";
import { tar } from "../../components/artifacts/tar.ts";
import { BucketServer } from "./support/bucketServer.ts";

let server: BucketServer;
let bundles: Bundles;
let folder: string;
let commands: string[];
let log: string[];
let systemdIsAway: boolean;

/** `tar` and `sync` are real, systemd is not. */
const runner: Run = async (program, args) => {
  if (program !== "systemctl") return await run(program, args);
  if (systemdIsAway) throw new Error("systemctl: Failed to connect to bus");
  commands.push([program, ...args].join(" "));
  return "";
};

beforeEach(async () => {
  server = new BucketServer();
  folder = await mkdtemp(join(tmpdir(), "quickcart-release-"));
  bundles = new Bundles(folder, await server.listen(), runner);
  commands = [];
  log = [];
  systemdIsAway = false;
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

async function archive(files: Record<string, string>): Promise<Buffer> {
  const entries = Object.entries(files).map(([name, text]) => ({ name, mode: 0o755, size: Buffer.byteLength(text), content: [Buffer.from(text)] }));
  return zstdCompressSync(await buffer(tar(entries)));
}

/** Puts a bundle into the bucket; answers its hash. */
async function publish(version: string): Promise<string> {
  const bundle = await archive({ node: "#!/bin/sh\n", "main.mjs": version });
  const hash = createHash("sha256").update(bundle).digest("hex");
  server.put(keys.app(hash), bundle);
  return hash;
}

const release = (app: string): Promise<void> => applyRelease({ version: 1, app }, bundles, runner, (line) => void log.push(line));
const served = (): Promise<string> => readFile(join(folder, "current", "main.mjs"), "utf8");

test("brings the first bundle into service, then the next", async () => {
  const one = await publish("one");
  await release(one);
  expect(await served()).toBe("one");
  expect((await stat(join(folder, one, "node"))).mode & 0o777).toBe(0o755);
  const two = await publish("two");
  await release(two);
  expect(await served()).toBe("two");
  expect(commands).toEqual(Array(2).fill("systemctl restart --no-block quickcart-app.service"));
  expect(log).toEqual([`bundle ${one} is in service`, `bundle ${two} is in service, after ${one}`]);
});

test("after a reboot nothing is fetched or restarted, only started", async () => {
  const one = await publish("one");
  await release(one);
  const requests = server.seen.length;
  await release(one);
  expect(server.seen).toHaveLength(requests);
  expect(commands.at(-1)).toBe("systemctl start --no-block quickcart-app.service");
});

test("an agent that was killed between choosing a bundle and starting it starts it after all", async () => {
  await release(await publish("one"));
  const two = await publish("two");
  await bundles.install(two);
  await bundles.select(two);
  await release(two);
  expect(commands).toEqual(Array(2).fill("systemctl restart --no-block quickcart-app.service"));
  await release(two);
  expect(commands.at(-1)).toBe("systemctl start --no-block quickcart-app.service");
});

describe("leaves the old bundle in service when the new one", () => {
  const wrongHash = "0".repeat(64);
  test.each([
    ["has another content", async () => { server.put(keys.app(wrongHash), await archive({ "main.mjs": "forged" })); return wrongHash; }, /has the sha256 [0-9a-f]{64}: damaged or forged, not unpacked/],
    ["is not there", async () => wrongHash, /404 NoSuchKey/],
    ["is no archive", async () => putAs(Buffer.from("no archive")), /^tar --extract .*zstd/s],
    ["is cut short", async () => putAs((await archive({ node: "n".repeat(4096), "main.mjs": "m" })).subarray(0, 40)), /^tar --extract/],
    ["lacks its Node.js", async () => putAs(await archive({ "main.mjs": "two" })), /holds no node/],
  ])("%s", async (_, prepare, why) => {
    const one = await publish("one");
    await release(one);
    const broken = await prepare();
    await expect(release(broken)).rejects.toThrow(why);
    expect(await served()).toBe("one");
    expect(await readlink(join(folder, "current"))).toBe(one);
    expect(commands).toHaveLength(1);
    expect(existsSync(join(folder, broken)) || existsSync(join(folder, `${broken}.tmp`)) || existsSync(join(folder, `${broken}.tar.zst.part`))).toBe(false);
  });

  function putAs(content: Buffer): string {
    const hash = createHash("sha256").update(content).digest("hex");
    server.put(keys.app(hash), content);
    return hash;
  }

  test("cannot be started, and tries again", async () => {
    const one = await publish("one");
    await release(one);
    const two = await publish("two");
    systemdIsAway = true;
    await expect(release(two)).rejects.toThrow("Failed to connect to bus");
    expect(await readlink(join(folder, "current"))).toBe(one);
    systemdIsAway = false;
    await release(two);
    expect(await served()).toBe("two");
    expect(commands.at(-1)).toBe("systemctl restart --no-block quickcart-app.service");
  });
});

test("keeps the five bundles that served last", async () => {
  for (let day = 1; day <= 6; day += 1) {
    const name = String(day).repeat(64);
    await mkdir(join(folder, name));
    await utimes(join(folder, name), day, day);
  }
  // A power loss came in the middle of another.
  await mkdir(join(folder, `${"8".repeat(64)}.tmp`));
  const seven = await publish("seven");
  await release(seven);
  expect([..."123456"].filter((day) => existsSync(join(folder, day.repeat(64))))).toEqual(["3", "4", "5", "6"]);
  expect(existsSync(join(folder, `${"8".repeat(64)}.tmp`))).toBe(false);
  expect(await served()).toBe("seven");
});

test.each([
  { bundles: "", current: null, goes: "" },
  { bundles: "abcde", current: "a", goes: "" },
  { bundles: "abcdef", current: "f", goes: "a" },
  { bundles: "abcdef", current: "a", goes: "b" },
  { bundles: "abcdefg", current: null, goes: "ab" },
])("of $bundles, oldest first, with $current in service, $goes goes", ({ bundles: names, current, goes }) => {
  const installed = [...names].map((name, index) => ({ name, selectedMs: index }));
  expect(surplus(installed, current).toSorted().join("")).toBe(goes);
});
