import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { run, tail } from "../make/run.ts";
import { UserError, step } from "../make/steps.ts";
import { goModuleDir, type GoBuild } from "./recipes.ts";

/** What Go keeps between builds: 3 GB that nobody needs once the tools are there, but that a killed build resumes from. */
export const goCacheDir = (cacheDir: string): string => join(cacheDir, "go");

const limitMs = 30 * 60_000;

export async function buildFromGo(build: GoBuild, dir: string, cacheDir: string): Promise<void> {
  const caches = goCacheDir(cacheDir);
  const temporary = join(caches, "tmp");
  await mkdir(temporary, { recursive: true });
  let last = "starting";
  let packages = 0;
  const onLine = (line: string): void => {
    if (line.startsWith("go: downloading ")) last = line.slice("go: ".length);
    else if (/^[\w.-]+(\/[\w.~-]+)*$/.test(line)) last = `${++packages} packages compiled, now ${line}`;
  };
  const args = [
    // The compiler must not outlive us when we are killed.
    "--pdeathsig", "KILL", "go", "build", "-trimpath", "-v", "-o", join(dir, build.binary), ...build.args, build.package,
  ];
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    CGO_ENABLED: "0",
    GOFLAGS: "-mod=readonly -modcacherw -buildvcs=false",
    GOMODCACHE: join(caches, "mod"),
    GOCACHE: join(caches, "build"),
    GOTMPDIR: temporary,
    // A Go older than go.mod asks for fetches the one it needs, as a module like any other.
    GOTOOLCHAIN: process.env["GOTOOLCHAIN"] ?? "auto",
  };
  await step(`build ${build.binary} from Go modules`, async () => {
    const { code, output } = await run("setpriv", args, { cwd: goModuleDir(build), env, limitMs, onLine });
    if (code !== 0) throw new UserError(`could not build ${build.binary}:\n${tail(output, 15)}`);
  }, { detail: () => last });
}

/** Throws unless there is a Go that can build: 1.21 is the first that can fetch a newer one by itself. */
export async function requireGo(why: string): Promise<void> {
  const mend = "Install Go 1.21 or newer (https://go.dev/dl, or: apt-get install golang-go) and run the same again.";
  const { code, output } = await run("sh", ["-c", "go env GOVERSION"], { limitMs: 30_000 });
  if (code !== 0) throw new UserError(`Go is needed to build what cannot be downloaded (${why}), but does not run: ${tail(output, 1)}. ${mend}`);
  const [, major = 0, minor = 0] = (/go(\d+)\.(\d+)/.exec(output) ?? []).map(Number);
  if (major < 1 || (major === 1 && minor < 21)) {
    throw new UserError(`Go is needed to build what cannot be downloaded (${why}), but this one is ${output.trim()}. ${mend}`);
  }
}

export async function removeGoCaches(cacheDir: string): Promise<void> {
  await rm(goCacheDir(cacheDir), { recursive: true, force: true });
}
