import { spawnSync } from "node:child_process";
import { join } from "node:path";

const become = join(__dirname, "../../../localcloud/cli/become.ts");
const output = join(__dirname, "../../../localcloud/cli/output.ts");

test("a command gets the pipe as it was given, and may write more than it holds", () => {
  const text = `import { createOutput } from ${JSON.stringify(output)}; import { become } from ${JSON.stringify(become)}; createOutput(false); become(["grep", "^flags", "/proc/self/fdinfo/1"]);`;
  const { stdout } = spawnSync("sh", ["-c", '"$0" --input-type=module-typescript -e "$1" | cat', process.execPath, text], { encoding: "utf8" });
  const flags = Number.parseInt(stdout.split(/\s+/)[1] ?? "", 8);
  const nonBlocking = 0o4000;
  expect(flags & nonBlocking).toBe(0);
});
