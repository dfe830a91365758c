import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { probe } from "../../toolchain/download.ts";
import { obtainTool, type Workshop } from "../../toolchain/obtain.ts";
import { recipes, type Recipe } from "../../toolchain/recipes.ts";
import { ToolStore } from "../../toolchain/store.ts";

/** A release server on this machine, with curl and tar as in real life. */
let dir: string;
let server: Server;
let origin: string;
const files = new Map<string, Buffer>();

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "quickcart-obtain-"));
  server = createServer((request, response) => {
    const file = files.get(request.url ?? "");
    if (!file) response.writeHead(404);
    response.end(file);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  files.clear();
  publish("v1.2.3");
  jest.spyOn(process.stdout, "write").mockReturnValue(true);
});
afterEach(async () => {
  jest.restoreAllMocks();
  server.close();
  rmSync(dir, { recursive: true, force: true });
});

function program(folder: string, says: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "versitygw"), `#!/bin/sh\necho ${says}\n`);
  chmodSync(join(folder, "versitygw"), 0o755);
}

/** Puts a release on the server, packed in a folder as its makers do. */
function publish(says: string): void {
  program(join(dir, "release", "tool_v1.2.3"), says);
  execFileSync("tar", ["-czf", join(dir, "tool.tar.gz"), "-C", join(dir, "release"), "tool_v1.2.3"]);
  const archive = readFileSync(join(dir, "tool.tar.gz"));
  files.set("/tool.tar.gz", archive);
  files.set("/checksums.txt", Buffer.from(`${createHash("sha256").update(archive).digest("hex")}  tool.tar.gz\n`));
}

const recipe = (): Recipe => ({
  ...recipes.versitygw,
  version: "1.2.3",
  download: { archive: `${origin}/tool.tar.gz`, checksums: `${origin}/checksums.txt` },
  builds: [],
});

const workshop = (changes: Partial<Workshop> = {}): Workshop => ({
  cacheDir: join(dir, "cache"),
  path: "",
  noDownload: () => Promise.resolve(null),
  build: async (_recipe, folder) => program(folder, "v1.2.3"),
  ...changes,
});

const never = (): Promise<never> => Promise.reject(new Error("must not be asked"));

describe("obtaining a tool", () => {
  test("what the machine has, if it is the right one: nothing is asked of the network", async () => {
    program(join(dir, "bin"), "v1.2.3");
    const tool = await obtainTool(recipe(), workshop({ path: join(dir, "bin"), noDownload: never, build: never }));
    expect(tool).toMatchObject({ way: "installed", dir: join(dir, "bin") });
  });

  test("else the official release, checked and unpacked; from then on it is there", async () => {
    program(join(dir, "bin"), "v1.0.0");
    const tool = await obtainTool(recipe(), workshop({ path: join(dir, "bin"), build: never }));
    expect(tool).toMatchObject({ way: "downloaded", why: expect.stringContaining("1.0.0, not 1.2.3") as string });
    expect(execFileSync(join(tool.dir, "versitygw"), { encoding: "utf8" })).toBe("v1.2.3\n");
    expect(readdirSync(tool.dir).sort()).toEqual(["tool.json", "versitygw"]);
    expect(await obtainTool(recipe(), workshop({ noDownload: never, build: never }))).toEqual(tool);
  });

  test("else built, when nobody answers there", async () => {
    const why = "example.com cannot be reached";
    expect(await obtainTool(recipe(), workshop({ noDownload: () => Promise.resolve(why) }))).toMatchObject({ way: "built", why });
  });

  test.each([
    ["it is gone", () => files.delete("/tool.tar.gz"), /404/],
    ["its checksum is another", () => files.set("/tool.tar.gz", Buffer.from("tampered")), /has the checksum [0-9a-f]{64}, published is [0-9a-f]{64}/],
    ["no checksum is published for it", () => files.set("/checksums.txt", Buffer.from("")), /says nothing of tool\.tar\.gz/],
    ["it is another version than it should be", () => publish("v1.2.4"), /its version is 1\.2\.4, not 1\.2\.3/],
  ])("else built, when the release cannot be used: %s", async (_what, spoil, why) => {
    spoil();
    const tool = await obtainTool(recipe(), workshop());
    expect(tool).toMatchObject({ way: "built", why: expect.stringMatching(why) as string });
  });

  test("a build of the wrong version is none", async () => {
    const built = obtainTool(recipe(), workshop({ noDownload: () => Promise.resolve("closed"), build: async (_recipe, folder) => program(folder, "v9.9.9") }));
    await expect(built).rejects.toThrow("its version is 9.9.9, not 1.2.3");
    expect(readdirSync(new ToolStore(join(dir, "cache")).dir)).toEqual([]);
  });

  test("a tool that got broken is obtained again", async () => {
    const first = await obtainTool(recipe(), workshop());
    writeFileSync(join(first.dir, "versitygw"), "");
    const second = await obtainTool(recipe(), workshop());
    expect(second).toEqual(first);
    expect(execFileSync(join(second.dir, "versitygw"), { encoding: "utf8" })).toBe("v1.2.3\n");
  });
});

describe("asking whether a host answers", () => {
  test("it does, whatever it says", async () => {
    expect(await probe(`${origin}/nothing-here`)).toBeNull();
  });

  test("nobody listens there", async () => {
    server.close();
    await once(server, "close");
    expect(await probe(origin)).toMatch(/^127\.0\.0\.1:\d+ cannot be reached \(.+\)$/);
  });
});
