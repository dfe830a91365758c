import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { zstdCompressSync } from "node:zlib";
import { machineNode } from "../../agents/bundle.ts";
import { BundleError, checkBundle } from "../../components/artifacts/check.ts";
import { givenApp } from "../../components/artifacts/given.ts";
import { link, tar } from "../../components/artifacts/tar.ts";
import { archive, bundleOf, programs, sha256Of } from "../agents/support/appUnits.ts";

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), "quickcart-check-")); });
afterEach(() => rmSync(folder, { recursive: true }));

const node = `#!/bin/sh\nexec '${process.execPath}' "$@"\n`;

/** What machines have. */
const runtime = { path: process.execPath, sha256: "5".repeat(64) };

function stored(content: Buffer): { path: string; sha256: string } {
  const path = join(folder, "bundle.tar.zst");
  writeFileSync(path, content);
  return { path, sha256: sha256Of(content) };
}

/** Of what was refused; the folder must hold no trace. */
async function refusal(content: Buffer, limitMs = 1_000): Promise<string> {
  const error = await checkBundle(folder, stored(content), runtime, limitMs).then(() => null, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(BundleError);
  expect(readdirSync(folder)).toEqual(["bundle.tar.zst"]);
  const { message } = error as BundleError;
  expect(message).toContain(`the bundle ${join(folder, "bundle.tar.zst")} cannot be released, and nothing was changed: `);
  return message;
}

test("a bundle that serves passes, and is not tried again", async () => {
  const bundle = stored(await bundleOf("good"));
  await checkBundle(folder, bundle, runtime);
  const traces = readdirSync(folder).sort();
  expect(traces).toEqual(["bundle.tar.zst", `checked-${bundle.sha256}`]);
  rmSync(bundle.path);
  await checkBundle(folder, bundle, runtime);
});

/** A bundle whose Node.js is a link. */
async function linked(target: string): Promise<Buffer> {
  const main = Buffer.from(programs.good);
  return zstdCompressSync(await buffer(tar([{ name: "main.mjs", mode: 0o644, size: main.byteLength, content: [main] }, link("node", target)])));
}

test("a link to the Node.js that machines have is as good as the program; one to another is refused", async () => {
  await checkBundle(folder, stored(await linked(machineNode(runtime.sha256))), runtime);
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  expect(await refusal(await linked(machineNode("6".repeat(64))))).toMatch(/its node is a link to \/opt\/quickcart\/runtime\/node-6{64}, which machines do not have/);
});

test("it is started as on a machine, but with nothing of its caller's environment", async () => {
  process.env["QUICKCART_TEST_SECRET"] = "s3cr3t";
  try {
    const said = await refusal(await archive({ node, "main.mjs": "console.log(JSON.stringify(process.env), process.execArgv.join()); process.exit(3);" }));
    expect(said).toContain("it ended with exit code 3 before /healthz answered; its last words:\n");
    expect(said).toMatch(/"HOST":"127\.0\.0\.1".*--use-system-ca/);
    expect(said).not.toContain("s3cr3t");
  } finally {
    delete process.env["QUICKCART_TEST_SECRET"];
  }
});

describe("a bundle is refused that", () => {
  test.each<[string, () => Promise<Buffer>, RegExp]>([
    ["is no archive", async () => Buffer.from("no archive"), /no whole tar archive compressed with zstd/],
    ["is cut short", async () => (await bundleOf("good", "x".repeat(100))).subarray(0, 200), /no whole tar archive compressed with zstd/],
    ["lacks main.mjs", async () => await archive({ node }), /it holds no main\.mjs; a bundle holds node and main\.mjs, in no folder/],
    ["lacks its Node.js", async () => await archive({ "main.mjs": "" }), /it holds no node;/],
    ["holds a Node.js of another machine", async () => await archive({ "node": "no program", "main.mjs": "" }), /it ended with exit code \d+/],
  ])("%s", async (_, content, why) => {
    expect(await refusal(await content())).toMatch(why);
  });

  test.each<[keyof typeof programs, RegExp]>([
    ["silent", /\/healthz did not answer within 1 s/],
    ["unavailable", /\/healthz answered with status 503 instead of 200 for 1 s/],
    ["nameless", /\/healthz has to say `"release": "[0-9a-f]{64}"`, the name of the folder that the bundle lies in; it says undefined/],
    ["crashing", /it ended with exit code 1 before \/healthz answered/],
  ])("is %s", async (program, why) => {
    expect(await refusal(await bundleOf(program))).toMatch(why);
  });
});

describe("a bundle that was built elsewhere", () => {
  test("keeps its file, and is named by its content", async () => {
    const { path, sha256 } = stored(await bundleOf("good"));
    expect(await givenApp(path)).toEqual({ key: `app/${sha256}.tar.zst`, path, sha256 });
    expect(statSync(path).isFile()).toBe(true);
  });

  test.each([["is not there", "nowhere.tar.zst", /there is no such file \(setting quickcart:app\.bundle\)/], ["is a folder", ".", /it is no file/]])("%s", async (_, name, why) => {
    await expect(givenApp(join(folder, name))).rejects.toThrow(why);
    expect(existsSync(join(folder, `checked-`))).toBe(false);
  });
});
