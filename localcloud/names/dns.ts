import { Resolver } from "node:dns/promises";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { hasCode, writeFileAtomic } from "../files.ts";
import { type Log } from "../lifecycle/log.ts";
import { supervise } from "../lifecycle/supervised.ts";
import { waitUntil } from "../lifecycle/wait.ts";

export interface Names {
  /** Exactly this name. */
  hosts: Record<string, string>;
  /** This name and every name below it. */
  zones: Record<string, string>;
}

export interface DnsServer {
  stop(): Promise<void>;
}

/**
 * Answers for the cloud's names and says NXDOMAIN to everything else at once: nothing is forwarded, so nothing in the
 * cloud waits for, or reaches, a name of the real internet.
 */
export function renderDnsmasq(names: Names, addresses: readonly string[], port = 53): string {
  const lines = [
    "no-resolv",
    "no-hosts",
    "no-poll",
    "bind-interfaces",
    `port=${port}`,
    ...addresses.map((address) => `listen-address=${address}`),
    // Reverse look-ups of sshd and sudo must fail at once as well.
    "bogus-priv",
    "local-ttl=5",
    ...Object.entries(names.hosts).map(([name, address]) => `host-record=${name},${address}`),
    // `local` beside `address` makes an AAAA query an empty answer; NXDOMAIN there would make some resolvers give up on A.
    ...Object.entries(names.zones).flatMap(([name, address]) => [`address=/${name}/${address}`, `local=/${name}/`]),
    "address=/#/",
  ];
  return lines.join("\n") + "\n";
}

export async function startDns(
  dir: string,
  names: Names,
  addresses: readonly string[],
  log: Log,
  port = 53,
): Promise<DnsServer> {
  const config = join(dir, "dnsmasq.conf");
  await writeFileAtomic(config, renderDnsmasq(names, addresses, port), 0o644);
  const server = supervise(
    {
      name: "dnsmasq",
      file: "dnsmasq",
      // As root, for a change of user would undo the promise that it dies with us.
      args: ["--keep-in-foreground", "--user=root", "--group=root", "--pid-file=", "--log-facility=-", `--conf-file=${config}`],
    },
    log,
  );
  await waitUntil("DNS answers", 10_000, () => answers(addresses[0] ?? "127.0.0.1", port), () => server.lastWords().join("; "));
  return {
    async stop() {
      await server.stop();
      await rm(config, { force: true });
    },
  };
}

async function answers(address: string, port: number): Promise<boolean> {
  const resolver = new Resolver({ timeout: 300, tries: 1 });
  resolver.setServers([`${address}:${port}`]);
  try {
    await resolver.resolve4("no-such-name.invalid");
    return true;
  } catch (error) {
    return hasCode(error, "ENOTFOUND", "ENODATA");
  }
}
