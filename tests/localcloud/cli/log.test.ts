import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLog } from "../../../localcloud/lifecycle/log.ts";

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), "quickcart-log-")); });
afterEach(() => { rmSync(folder, { recursive: true }); });

test("one JSON object a line, for root alone", () => {
  const path = join(folder, "deep", "daemon.log");
  openLog(path, "daemon").warn("a machine is gone", { machine: 7 });
  expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ level: "warn", who: "daemon", message: "a machine is gone", machine: 7 });
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("the file and one predecessor are all that it ever takes", () => {
  const path = join(folder, "daemon.log");
  const log = openLog(path, "daemon");
  const words = "x".repeat(1024 * 1024);
  for (let line = 0; line < 20; line++) log.info(words);
  const bytes = [path, `${path}.1`].map((file) => statSync(file).size);
  expect(Math.max(...bytes)).toBeLessThanOrEqual(8 * 1024 * 1024);
  expect(Math.min(...bytes)).toBeGreaterThan(1024 * 1024);
});

test("a full disk costs lines, not the program that writes them", () => {
  const path = join(folder, "daemon.log");
  symlinkSync("/dev/full", path);
  expect(() => openLog(path, "daemon").error("there is no space left")).not.toThrow();
});
