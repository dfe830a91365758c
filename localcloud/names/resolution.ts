import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { services } from "../addresses.ts";
import { readTextIfThere, writeFileAtomic } from "../files.ts";
import { runDir } from "../paths.ts";

/** Files for commands on the host that shall see the cloud's names: they are mounted over /etc's. */
export const namesDir = join(runDir, "names");

export async function writeResolution(): Promise<void> {
  await mkdir(namesDir, { recursive: true, mode: 0o755 });
  const hostname = ((await readTextIfThere("/etc/hostname")) ?? "").trim();
  const resolver = [...services.nameservers.map((address) => `nameserver ${address}`), "options timeout:1 attempts:2"];
  await writeFileAtomic(join(namesDir, "resolv.conf"), resolver.join("\n") + "\n", 0o644);
  await writeFileAtomic(join(namesDir, "hosts"), `127.0.0.1 localhost\n${hostname === "" ? "" : `127.0.1.1 ${hostname}\n`}`, 0o644);
  // A host's own resolver service is reached by a socket, whatever the network is: ask files and DNS only.
  const switches = (await readTextIfThere("/etc/nsswitch.conf")) ?? "passwd: files\ngroup: files\n";
  const others = switches.split("\n").filter((line) => !/^\s*hosts:/.test(line)).join("\n").trimEnd();
  await writeFileAtomic(join(namesDir, "nsswitch.conf"), `${others}\nhosts: files dns\n`, 0o644);
}
