import { spawn } from "node:child_process";
import { open } from "node:fs/promises";
import { nspawnEnvironment } from "./nspawn.ts";

/**
 * Starts nspawn in the machine's control groups, under a shell that outlives us and leaves its status in a file: a daemon
 * that was killed meanwhile reads there whether the machine asked for a reboot.
 */
export async function launch(argv: readonly string[], entrances: { box: readonly string[]; watch: string }, files: { console: string; exit: string }): Promise<void> {
  const console = await open(files.console, "a", 0o600);
  try {
    const child = spawn("sh", ["-c", script, "quickcart-machine", files.exit, entrances.watch, ...entrances.box, "--", ...argv], {
      detached: true,
      cwd: "/",
      stdio: ["ignore", console.fd, console.fd],
      env: { PATH: process.env["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin", ...nspawnEnvironment },
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", () => resolve());
      child.once("error", reject);
    });
    child.unref();
  } finally {
    await console.close();
  }
}

// The groups are entered before nspawn starts, else all machines would share those that it makes.
const script = `
exit=$1
echo 0 > "$2" || exit 125
shift 2
(
  while [ "$1" != -- ]; do echo 0 > "$1" || exit 125; shift; done
  shift
  exec "$@"
)
echo $? > "$exit.draft" && mv "$exit.draft" "$exit"
`;
