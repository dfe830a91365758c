import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Commands } from "../../../localcloud/networks/commands.ts";
import { forgetReserved } from "../../../localcloud/networks/connections.ts";

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), "conntrack-")); });
afterEach(() => { rmSync(folder, { recursive: true }); });

/** Notes what it was asked, and fails so many times with these words. */
function fakeConntrack(words: string, failures: number): { commands: Commands; asked: () => string[] } {
  const script = join(folder, "fake");
  const log = join(folder, "log");
  writeFileSync(log, "");
  writeFileSync(script, `echo "$*" >> ${log}\nif [ "$(grep -cFx -- "$*" ${log})" -le ${failures} ]; then echo "${words}" >&2; exit 1; fi\n`);
  return { commands: new Commands(["sh", script]), asked: () => readFileSync(log, "utf8").trim().split("\n").sort() };
}

const both = ["conntrack -D --orig-dst 198.19.0.1", "conntrack -D --reply-dst 198.19.0.1"];

test("connections that end while they are being forgotten do not keep the others", async () => {
  const { commands, asked } = fakeConntrack("conntrack v1.4.7 (conntrack-tools): Operation failed: such conntrack doesn't exist", 2);
  await forgetReserved(commands, "198.19.0.1");
  expect(asked()).toEqual(both.flatMap((line) => [line, line, line]));
});

test("none being there is what was wanted", async () => {
  const { commands, asked } = fakeConntrack("conntrack v1.4.7 (conntrack-tools): 0 flow entries have been deleted.", 99);
  await forgetReserved(commands, "198.19.0.1");
  expect(asked()).toEqual(both);
});

test("anything else is an error", async () => {
  const { commands } = fakeConntrack("conntrack: Operation not permitted", 99);
  await expect(forgetReserved(commands, "198.19.0.1")).rejects.toThrow("Operation not permitted");
});
