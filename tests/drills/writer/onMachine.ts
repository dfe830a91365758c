import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { bundle } from "../../../components/artifacts/bundle.ts";
import { localcloud } from "../../../make/run.ts";

/**
 * A program of ours on an app server, by the machine's own Node and in the environment of one of its services. It ends with
 * its input.
 *
 * @param entry relative to the project
 */
export async function startOn(machine: string, entry: string, environmentFile: string): Promise<ChildProcess> {
  const program = await bundle(entry);
  const path = `/run/quickcart-drill-${entry.replace(/.*\/|\.ts$/g, "")}.mjs`;
  const put = spawn(process.execPath, [localcloud, "run", machine, "--", "sh", "-c", `cat > ${path}`], { stdio: ["pipe", "inherit", "inherit"] });
  put.stdin.end(program);
  const [code] = await once(put, "exit") as [number | null];
  if (code !== 0) throw new Error(`${entry} cannot be put on ${machine}`);
  const child = spawn(process.execPath, [
    localcloud, "run", machine, "--", "/opt/quickcart/runtime/node", `--env-file=${environmentFile}`, path,
  ], { stdio: ["pipe", "pipe", "inherit"] });
  // It may be gone with its machine when we end it.
  child.stdin.on("error", () => undefined);
  return child;
}

/** Harmless when it has ended. */
export async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.stdin?.end();
  await exit;
}
