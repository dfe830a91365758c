import { existsSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cloudNamespace } from "../paths.ts";
import { Commands } from "./commands.ts";
import { machineOfNetns, netnsDir } from "./names.ts";

export interface TraceNames {
  /** Default: the cloud's own namespace. */
  cloudNetns?: string;
  /** Default `qc-`. */
  netnsPrefix?: string;
}

/**
 * Removes every network namespace of the local cloud, and with them its links, addresses and rules. Runs in the host's
 * network namespace, after the machines' and the daemon's processes have ended; does what is left to do after it was
 * itself killed at any point.
 */
export async function removeNetworkTraces(names: TraceNames = {}): Promise<void> {
  const cloud = names.cloudNetns ?? cloudNamespace;
  const prefix = names.netnsPrefix ?? "qc-";
  if (!existsSync(netnsDir)) return;
  const commands = new Commands();
  const all = readdirSync(netnsDir);
  const machines = all.filter((netns) => machineOfNetns(prefix, netns) !== null);
  // Removing a veth's end at the bridge removes the other one, also where a process holds the machine's namespace.
  if (all.includes(cloud)) await removeLinks(commands, cloud);
  for (const netns of [...machines, ...all.filter((netns) => netns === cloud)]) await removeName(commands, netns);
  await removeEmptyDirectory(commands);
}

/** Also where a process that was not ended holds the namespace: then at least nothing is left in it. */
async function removeLinks(commands: Commands, netns: string): Promise<void> {
  const inside = ["-n", netns];
  let listing: string;
  try {
    listing = await commands.run(["ip", ...inside, "-o", "link", "show"]);
  } catch {
    return; // A name whose namespace was never mounted: killed in the middle of `ip netns add`.
  }
  const links = Array.from(listing.matchAll(/^\d+: ([^:@\s]+)/gm), (match) => match[1] ?? "").filter((link) => link !== "lo");
  // A veth that is being removed takes its other end along, which may come later in this list.
  await commands.run(["ip", ...inside, "-force", "-batch", "-"], {
    input: links.map((link) => `link del ${link}\n`).join(""),
    tolerate: /^(Cannot find device |Command failed -:)/,
  });
}

async function removeName(commands: Commands, netns: string): Promise<void> {
  try {
    await commands.run(["ip", "netns", "del", netns]);
  } catch (error) {
    // Without a mount behind it `ip` refuses the name.
    rmSync(join(netnsDir, netns), { force: true });
    if (existsSync(join(netnsDir, netns))) throw error;
  }
}

/** `ip netns add` mounts the directory onto itself the first time; others' namespaces keep it. */
async function removeEmptyDirectory(commands: Commands): Promise<void> {
  if (readdirSync(netnsDir).length > 0) return;
  await commands.run(["umount", netnsDir], { tolerate: /not mounted|target is busy|no mount point/ });
  try {
    rmdirSync(netnsDir);
  } catch (error) {
    // Somebody else made a namespace meanwhile.
    if (!(error instanceof Error && "code" in error && (error.code === "ENOTEMPTY" || error.code === "EBUSY"))) throw error;
  }
}
