import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

let folder: string;
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), "quickcart-cache-")); });
afterEach(async () => { await rm(folder, { recursive: true, force: true }); });

function cleanCache(): { status: number | null; stderr: string } {
  const { status, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, "../../toolchain/cleanCache.ts")], {
    // The name of a cloud that is not up.
    env: { ...process.env, QUICKCART_CACHE: folder, QUICKCART_LOCAL: "qctclean" }, encoding: "utf8",
  });
  return { status, stderr };
}

test.each(["tools", "images", "packages", "node"])("a cache that holds nothing but %s goes as a whole", async (name) => {
  await mkdir(join(folder, name));
  expect(cleanCache()).toEqual({ status: 0, stderr: "" });
  expect(existsSync(folder)).toBe(false);
});

test("a folder that is no cache of ours is refused and stays, though something in it has a name like ours", async () => {
  for (const name of ["go", "photos"]) await mkdir(join(folder, name));
  const { status, stderr } = cleanCache();
  expect(stderr).toContain("does not look like our cache (it holds photos)");
  expect(status).toBe(1);
  for (const name of ["go", "photos"]) expect(existsSync(join(folder, name))).toBe(true);
});
