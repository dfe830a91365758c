import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Cgroup, hierarchiesAmong } from "../../../localcloud/machines/cgroups.ts";
import { boundConsole, consoleBound, consoleEnd } from "../../../localcloud/machines/console.ts";
import { type InotifyPlaces, raiseInotifyLimit, restoreInotifyLimit } from "../../../localcloud/machines/inotify.ts";
import { insideArgv, terminalArgv } from "../../../localcloud/machines/inside.ts";
import { parseMounts } from "../../../localcloud/machines/mounts.ts";
import { nspawnArgv } from "../../../localcloud/machines/nspawn.ts";
import { isAlive, statOf } from "../../../localcloud/machines/process.ts";
import { Queues } from "../../../localcloud/machines/queues.ts";

const hybrid = `25 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 25 0:26 / /sys/fs/cgroup rw - tmpfs tmpfs rw
31 30 0:27 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
32 30 0:28 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
33 30 0:29 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
34 30 0:30 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
`;
const pure = "30 25 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";
const together = "31 30 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n32 30 0:30 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";

describe("control groups", () => {
  test.each([
    ["version 2 alone", pure, { unified: "/sys/fs/cgroup", memory: null, cpu: null, others: [] }],
    ["one version 1 tree a controller beside an empty version 2", hybrid, {
      unified: "/sys/fs/cgroup/unified", memory: "/sys/fs/cgroup/memory", cpu: "/sys/fs/cgroup/cpu", others: ["/sys/fs/cgroup/systemd"],
    }],
    ["several controllers in one tree", together, {
      unified: "/sys/fs/cgroup/unified", memory: null, cpu: "/sys/fs/cgroup/cpu,cpuacct", others: [],
    }],
  ])("%s", (_, mountinfo, expected) => {
    expect(hierarchiesAmong(parseMounts(mountinfo))).toEqual(expected);
  });

  test("without version 2 it says what to do", () => {
    expect(() => hierarchiesAmong(parseMounts(hybrid.replace(/.*cgroup2.*\n/, "")))).toThrow(/mount -t cgroup2/);
  });
});

describe("limits", () => {
  let tree: string;
  beforeEach(async () => { tree = await mkdtemp(join(tmpdir(), "quickcart-cgroup-")); });
  afterEach(async () => { await rm(tree, { recursive: true }); });
  const content = (...path: string[]): Promise<string> => readFile(join(tree, ...path), "utf8");

  test("version 2: controllers are passed down to the machine's group", async () => {
    const cgroup = new Cgroup({ unified: tree, memory: null, cpu: null, others: [] }, "cloud/machines/7");
    expect(await cgroup.make({ memoryMiB: 512, vcpus: 2 })).toEqual([]);
    for (const path of [[], ["cloud"], ["cloud", "machines"]]) expect(await content(...path, "cgroup.subtree_control")).toBe("+memory +cpu");
    expect(await content("cloud/machines/7/memory.max")).toBe(String(512 * 1024 * 1024));
    expect(await content("cloud/machines/7/cpu.max")).toBe("200000 100000");
    expect(await content("cloud/cpu.weight")).toBe("3200");
    expect(cgroup.entrances()).toEqual({ box: [join(tree, "cloud/machines/7/box/cgroup.procs")], watch: join(tree, "cloud/machines/7/watch/cgroup.procs") });
  });

  test("version 1: each controller in its own tree, which the machine enters too", async () => {
    const trees = { unified: join(tree, "unified"), memory: join(tree, "memory"), cpu: join(tree, "cpu,cpuacct"), others: [] };
    const cgroup = new Cgroup(trees, "cloud/machines/7");
    expect(await cgroup.make({ memoryMiB: 1024, vcpus: 1 })).toEqual([]);
    expect(await content("memory/cloud/machines/7/memory.limit_in_bytes")).toBe(String(1024 ** 3));
    expect(await content("cpu,cpuacct/cloud/machines/7/cpu.cfs_quota_us")).toBe("100000");
    expect(cgroup.entrances().box.map((path) => path.slice(tree.length))).toEqual([
      "/unified/cloud/machines/7/box/cgroup.procs", "/memory/cloud/machines/7/cgroup.procs", "/cpu,cpuacct/cloud/machines/7/cgroup.procs",
    ]);
  });
});

describe("the limit of inotify instances", () => {
  let places: InotifyPlaces;
  beforeEach(async () => {
    const folder = await mkdtemp(join(tmpdir(), "quickcart-inotify-"));
    places = { setting: join(folder, "setting"), notes: join(folder, "notes") };
  });
  afterEach(async () => { await rm(join(places.setting, ".."), { recursive: true }); });
  const setting = (): Promise<string> => readFile(places.setting, "utf8");

  test("is raised for the first cloud, put back after the last", async () => {
    await writeFile(places.setting, "128\n");
    await raiseInotifyLimit("one", places);
    await raiseInotifyLimit("two", places);
    expect(await setting()).toBe("8192");
    await restoreInotifyLimit("one", places);
    expect(await setting()).toBe("8192");
    await restoreInotifyLimit("two", places);
    await restoreInotifyLimit("two", places);
    expect(await setting()).toBe("128");
    expect(existsSync(places.notes)).toBe(false);
  });

  test("is left alone where it is high enough, or was set by others since", async () => {
    await writeFile(places.setting, "65536\n");
    await raiseInotifyLimit("one", places);
    await restoreInotifyLimit("one", places);
    expect(await setting()).toBe("65536\n");
    await writeFile(places.setting, "128\n");
    await raiseInotifyLimit("one", places);
    await writeFile(places.setting, "10000");
    await restoreInotifyLimit("one", places);
    expect(await setting()).toBe("10000");
  });
});

describe("mounts", () => {
  test("odd characters in paths are read back", () => {
    expect(parseMounts("40 25 7:0 / /mnt/a\\040b\\134c rw - ext4 /dev/loop0 rw,errors=continue\n")).toEqual([
      { root: "/", point: "/mnt/a b\\c", type: "ext4", source: "/dev/loop0", options: ["rw", "errors=continue"] },
    ]);
  });
});

describe("nspawn", () => {
  test("is told all that the host must not decide", () => {
    const argv = nspawnArgv({ machine: { id: 7, name: "app-1" }, hostName: "qc-7", root: "/run/x/root", netns: "qc-7" });
    expect(argv).toEqual([
      "systemd-nspawn", "--quiet", "--directory=/run/x/root", "--machine=qc-7", "--hostname=app-1", "--register=no", "--keep-unit",
      "--network-namespace-path=/run/netns/qc-7", "--capability=CAP_NET_ADMIN", "--resolv-conf=off", "--timezone=off", "--link-journal=no",
      "--console=read-only", "--setenv=SYSTEMD_COLORS=0", "--setenv=TERM=dumb", "--boot",
    ]);
  });

  test("commands inside are started by the machine's own init", () => {
    expect(insideArgv(42, ["ls", "-l", "a b"]).join(" ")).toMatch(/^nsenter --target 42 --all systemd-run .*--pipe.* -- ls -l a b$/);
    expect(terminalArgv(42).join(" ")).toMatch(/--pty.* -- bash --login$/);
  });
});

describe("processes", () => {
  test("a pid with another start time is another process", () => {
    const self = statOf(process.pid);
    expect(self).not.toBeNull();
    expect(isAlive({ pid: process.pid, startTime: self?.startTime ?? "" })).toBe(true);
    expect(isAlive({ pid: process.pid, startTime: "1" })).toBe(false);
  });
});

describe("the console", () => {
  let folder: string;
  beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), "quickcart-console-")); });
  afterEach(async () => { await rm(folder, { recursive: true }); });

  test("its end starts with a whole line", async () => {
    const path = join(folder, "console.log");
    await writeFile(path, "first line\r\nsecond\r\nthird\r\n");
    expect(await consoleEnd(path, 12)).toBe("third\n");
    expect(await consoleEnd(path, 1_000)).toBe("first line\nsecond\nthird\n");
    expect(await consoleEnd(join(folder, "none"), 10)).toBe("");
  });

  test("keeps the newer half when it grows too large, and its writer goes on at the end", async () => {
    const path = join(folder, "console.log");
    await writeFile(path, "x".repeat(consoleBound) + "newest\n");
    await boundConsole(path);
    await writeFile(path, "after\n", { flag: "a" });
    const text = await readFile(path, "utf8");
    expect(text.length).toBeLessThan(consoleBound * 0.6);
    expect(text.endsWith("newest\nafter\n")).toBe(true);
  });

  test("is cut also when it has outgrown any memory", async () => {
    const path = join(folder, "console.log");
    await writeFile(path, "");
    await truncate(path, 3 * 1024 ** 3);
    await writeFile(path, "newest\n", { flag: "a" });
    await boundConsole(path);
    const text = await readFile(path, "utf8");
    expect(text.length).toBeLessThanOrEqual(consoleBound / 2);
    expect(text.endsWith("newest\n")).toBe(true);
  });
});

describe("queues", () => {
  test("one thing at a time for each key, and a failure stops nobody", async () => {
    const queues = new Queues<number>();
    const seen: string[] = [];
    const gate = Promise.withResolvers<undefined>();
    const first = queues.run(1, async () => { await gate.promise; seen.push("first"); throw new Error("no"); });
    const second = queues.run(1, async () => { seen.push("second"); });
    await queues.run(2, async () => { seen.push("other"); });
    await queues.runIfIdle(1, async () => { seen.push("never"); });
    gate.resolve(undefined);
    await expect(first).rejects.toThrow("no");
    await second;
    expect(seen).toEqual(["other", "first", "second"]);
  });
});
