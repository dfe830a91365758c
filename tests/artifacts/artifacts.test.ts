import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { bundleAgents, bundleApp } from "../../components/artifacts/bundle.ts";
import { packApp } from "../../components/artifacts/pack.ts";
import { compressedRuntime } from "../../components/artifacts/runtime.ts";
import { sha256, sha256OfFile, storeBundle } from "../../components/artifacts/store.ts";
import { tar } from "../../components/artifacts/tar.ts";

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), "quickcart-artifacts-")); });
afterEach(() => rmSync(folder, { recursive: true }));

/** Stands for the 120 MB of a real Node.js. */
async function fakeNode(text = "#!/bin/sh\necho node\n"): Promise<{ path: string; sha256: string }> {
  const path = join(folder, "node");
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return { path, sha256: await sha256OfFile(path) };
}

test("the app's bundle unpacks to its code and a link to its Node.js, with nothing of this machine in it", async () => {
  const node = await fakeNode();
  const artifact = await packApp(folder, node, Buffer.from("console.log(1)\n"));
  expect(artifact.key).toBe(`app/${artifact.sha256}.tar.zst`);
  expect(await sha256OfFile(artifact.path)).toBe(artifact.sha256);
  const list = execFileSync("tar", ["--zstd", "--numeric-owner", "--utc", "-tvf", artifact.path], { encoding: "utf8" });
  expect(list.replaceAll(/ +/g, " ")).toBe([
    "-rw-r--r-- 0/0 15 1970-01-01 00:00 main.mjs", `lrwxrwxrwx 0/0 0 1970-01-01 00:00 node -> /opt/quickcart/runtime/node-${node.sha256}`, "",
  ].join("\n"));
  expect(execFileSync("tar", ["--zstd", "-xOf", artifact.path, "main.mjs"], { encoding: "utf8" })).toBe("console.log(1)\n");
});

test("the same sources give the same bytes; what is there is not made again; what is stale goes", async () => {
  const node = await fakeNode();
  const first = await packApp(folder, node, Buffer.from("1"));
  const made = statSync(first.path).mtimeMs;
  expect(await packApp(folder, node, Buffer.from("1"))).toEqual(first);
  expect(statSync(first.path).mtimeMs).toBe(made);
  const other = await packApp(folder, node, Buffer.from("2"));
  expect(other.sha256).not.toBe(first.sha256);
  expect(existsSync(first.path)).toBe(false);
  expect(await packApp(folder, node, Buffer.from("1"))).toEqual(first);
  expect(readdirSync(folder).filter((name) => name.endsWith(".part"))).toEqual([]);
});

test("the runtime is named by the program, whatever compressed it", async () => {
  const node = await fakeNode();
  const runtime = await compressedRuntime(folder, node);
  expect(runtime.key).toBe(`runtime/node-${node.sha256}.zst`);
  expect(execFileSync("zstd", ["--decompress", "--stdout", runtime.path])).toEqual(readFileSync(node.path));
});

test("a program that changes while it is packed is no bundle", async () => {
  const entry = { name: "node", mode: 0o755, size: 3, content: [Buffer.from("four")] };
  await expect(buffer(tar([entry]))).rejects.toThrow("node has 4 bytes instead of 3");
});

test.each([
  ["topology", "CREDENTIALS_DIRECTORY"], ["release", "APP_PORT"], ["lb", "/etc/quickcart/lb.json"],
] as const)("the %s agent is one file that runs without the project", async (name, missing) => {
  const bundle = (await bundleAgents())(name);
  const { path, key } = await storeBundle(folder, name, bundle);
  expect(key).toBe(`agents/${name}-${sha256(bundle)}.mjs`);
  // It gets as far as asking for what a machine would have.
  expect(spawnSync(process.execPath, [path], { cwd: folder, env: {}, encoding: "utf8" }).stderr.includes(missing)).toBe(true);
});

test("the app is one file that runs without the project", async () => {
  const path = join(folder, "main.mjs");
  writeFileSync(path, await bundleApp());
  expect(() => execFileSync(process.execPath, [path], { cwd: folder, env: { PORT: "none" }, stdio: "pipe" })).toThrow("PORT");
});
