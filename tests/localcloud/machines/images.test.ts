import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { disableUnitsOf } from "../../../localcloud/images/dormant.ts";
import { withLock } from "../../../localcloud/images/lock.ts";
import { listPrefix, mirrorsAmong, parseProxy } from "../../../localcloud/images/mirror.ts";
import { allPackages, packagesFile, parsePackages, readPackages } from "../../../localcloud/images/packages.ts";
import { pruneImages } from "../../../localcloud/images/prune.ts";
import { bakedKey, bareKey } from "../../../localcloud/images/recipe.ts";

describe("packages", () => {
  test("the project's list is read", () => {
    expect(allPackages(readPackages(packagesFile))).toContain("bird2");
  });

  test("each once, whichever role wants them", () => {
    expect(allPackages({ base: ["curl", "zstd"], app: ["curl", "bird2"] })).toEqual(["bird2", "curl", "zstd"]);
  });

  test.each([
    [{ app: ["bird2"] }, /base/],
    [{ base: ["curl; rm -rf /"] }, /curl; rm -rf \/" is no Debian package's name/],
    [{ base: "curl" }, /base/],
  ])("%j is refused", (value, message) => {
    expect(() => parsePackages(value, "packages.json")).toThrow(message);
  });
});

describe("images are named by what they are made of", () => {
  const packages = { base: ["curl"], app: ["bird2"] };

  test("the order of packages and roles does not matter", () => {
    expect(bakedKey("x64", { app: ["curl"], base: ["bird2"] })).toBe(bakedKey("x64", packages));
  });

  test("a package more is another image on the same base", () => {
    expect(bakedKey("x64", { ...packages, bastion: ["iputils-arping"] })).not.toBe(bakedKey("x64", packages));
    expect(bareKey("x64")).not.toBe(bareKey("arm64"));
  });
});

describe("mirrors", () => {
  test("the host's own, when it has Debian's", () => {
    expect(mirrorsAmong(["http://mirror.example/debian/", "http://mirror.example/debian-security/", "https://packages.example/apt"])).toEqual({
      debian: "http://mirror.example/debian", security: "http://mirror.example/debian-security",
    });
  });

  test("else Debian's public one", () => {
    expect(mirrorsAmong(["cdrom:[disc]/debian", "http://archive.example/ubuntu/"])).toEqual({
      debian: "http://deb.debian.org/debian", security: "http://deb.debian.org/debian-security",
    });
  });

  test("apt names lists by the mirror", () => {
    expect(listPrefix("http://deb.debian.org/debian/")).toBe("deb.debian.org_debian_");
  });

  test.each([["proxy='http://127.0.0.1:3128'\n", "http://127.0.0.1:3128"], ["proxy='DIRECT'\n", null], ["", null]])("proxy in %j", (text, expected) => {
    expect(parseProxy(text)).toBe(expected);
  });
});

describe("in the folder of a bake", () => {
  let folder: string;
  beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), "quickcart-bake-")); });
  afterEach(async () => { await rm(folder, { recursive: true }); });

  test("daemons are installed but start nowhere by themselves", async () => {
    const units = join(folder, "etc/systemd/system");
    await mkdir(join(units, "multi-user.target.wants"), { recursive: true });
    await symlink("/usr/lib/systemd/system/bird.service", join(units, "multi-user.target.wants/bird.service"));
    await writeFile(join(units, "own.service"), "[Unit]\n");
    expect(await disableUnitsOf(folder)).toEqual(["bird.service"]);
    expect(await readdir(join(units, "multi-user.target.wants"))).toEqual([]);
    expect(await readdir(units)).toContain("own.service");
    expect(await disableUnitsOf(join(folder, "none"))).toEqual([]);
  });

  test.each<[string, { overlays?: (root: string) => string[]; cloudExists?: boolean }, string[]]>([
    ["removed", {}, ["baked-1", "bare-1"]],
    ["kept where a machine lives on them", { overlays: (root) => [`rw,lowerdir=/extra:${root}/baked-1/tree:${root}/bare-2/tree,upperdir=/u`] }, ["bare-1"]],
    ["all kept while there is a cloud", { cloudExists: true }, []],
  ])("older images are %s", async (_, { overlays = () => [], cloudExists = false }, removed) => {
    const all = ["baked-1", "baked-2", "bare-1", "bare-2", "draft-7", "lock"];
    for (const name of all) await mkdir(join(folder, name, "tree"), { recursive: true });
    const now = ["bare-2/tree", "baked-2/tree"].map((tree) => join(folder, tree));
    const users = { cloudExists: () => Promise.resolve(cloudExists), overlays: () => Promise.resolve(overlays(folder)) };
    expect((await pruneImages(folder, now, users)).sort()).toEqual(removed);
    expect((await readdir(folder)).sort()).toEqual(all.filter((name) => !removed.includes(name)));
  });

  test("two bakes take turns, and the second is told that it waits", async () => {
    const lock = join(folder, "lock");
    const inside = Promise.withResolvers<undefined>();
    const leave = Promise.withResolvers<undefined>();
    const waits = Promise.withResolvers<undefined>();
    const order: string[] = [];
    const first = withLock(lock, () => order.push("first waits"), async () => { inside.resolve(undefined); await leave.promise; order.push("first"); });
    await inside.promise;
    const second = withLock(lock, () => waits.resolve(undefined), async () => { order.push("second"); });
    await waits.promise;
    leave.resolve(undefined);
    await Promise.all([first, second]);
    expect(order).toEqual(["first", "second"]);
  });

  test("a lock's owner may fail", async () => {
    const lock = join(folder, "lock");
    await expect(withLock(lock, () => undefined, async () => { throw new Error("no"); })).rejects.toThrow("no");
    await expect(withLock(lock, () => undefined, async () => "free")).resolves.toBe("free");
  });
});
