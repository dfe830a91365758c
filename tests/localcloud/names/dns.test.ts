import { execFileSync } from "node:child_process";
import { Resolver } from "node:dns/promises";
import { createSocket } from "node:dgram";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "../../../localcloud/lifecycle/log.ts";
import { type DnsServer, startDns } from "../../../localcloud/names/dns.ts";

const hasDnsmasq = ((): boolean => {
  try {
    execFileSync("dnsmasq", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

(hasDnsmasq ? describe : describe.skip)("the cloud's DNS", () => {
  const dir = mkdtempSync(join(tmpdir(), "qcd-dns-"));
  const resolver = new Resolver({ timeout: 1_000, tries: 2 });
  let dns: DnsServer;

  beforeAll(async () => {
    const port = await freePort();
    dns = await startDns(dir, {
      hosts: { "api.digitalocean.com": "198.18.0.10", "deb.debian.org": "198.18.0.12" },
      zones: { "fra1.digitaloceanspaces.com": "198.18.0.11" },
    }, ["127.0.0.1"], silentLog, port);
    resolver.setServers([`127.0.0.1:${port}`]);
  });
  afterAll(async () => {
    await dns.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  test.each([
    ["api.digitalocean.com", "198.18.0.10"],
    ["deb.debian.org", "198.18.0.12"],
    ["fra1.digitaloceanspaces.com", "198.18.0.11"],
    ["any-bucket.fra1.digitaloceanspaces.com", "198.18.0.11"],
  ])("%s is %s", async (name, address) => {
    expect(await resolver.resolve4(name)).toEqual([address]);
  });

  test.each(["example.com", "v2.api.digitalocean.com", "nyc3.digitaloceanspaces.com", "1.0.18.198.in-addr.arpa"])("%s does not exist", async (name) => {
    await expect(resolver.resolve4(name)).rejects.toMatchObject({ code: "ENOTFOUND" });
  });

  test.each(["api.digitalocean.com", "shop.fra1.digitaloceanspaces.com"])("%s has no IPv6 address, but exists", async (name) => {
    await expect(resolver.resolve6(name)).rejects.toMatchObject({ code: "ENODATA" });
  });
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4").bind(0, "127.0.0.1", () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}
