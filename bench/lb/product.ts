import { filesOf } from "../../components/rendering/files.ts";
import type { LbRole } from "../../components/rendering/role.ts";

/** As in nobody's stack: what is rendered from it must be right for HAProxy and systemd only. */
const role: Omit<LbRole, "certificateKey"> = {
  tier: "lb", name: "lb-1", stack: "bench", cloud: "digitalocean", timeZone: "UTC",
  storage: { endpoint: "fra1.digitaloceanspaces.com", region: "fra1", bucket: "quickcart-bench-private", accessKey: "none", secretKey: "none" },
  runtime: `runtime/node-${"0".repeat(64)}.zst`,
  agents: { topology: `agents/topology-${"0".repeat(64)}.mjs`, release: `agents/release-${"0".repeat(64)}.mjs`, lb: `agents/lb-${"0".repeat(64)}.mjs`, redis: `agents/redis-${"0".repeat(64)}.mjs`, fence: `agents/fence-${"0".repeat(64)}.mjs`, backup: `agents/backup-${"0".repeat(64)}.mjs`, proof: `agents/proof-${"0".repeat(64)}.mjs` },
  position: 1, hostName: "www.example.com", floatingAddress: "192.0.2.1", addressToken: "none", ticketSecret: "0".repeat(64), appPort: 3000,
  certificate: `tls/site-${"0".repeat(64)}.pem`,
};

export const { hostName, appPort } = role;

export interface Product {
  /** What HAProxy needs of the load balancer's user-data, by path. */
  files: Record<string, string>;
  configuration: string;
  /** Where HAProxy's standard output goes, and with it the log, as systemd says it. */
  output: string;
}

const configurationPath = "/etc/haproxy/haproxy.cfg";

/** What a load balancer would get of this certificate. */
export function product(site: { certificate: string; certificateKey: string }): Product {
  const files = filesOf({ ...role, certificateKey: site.certificateKey });
  const configuration = files.find(({ path }) => path === configurationPath)?.content;
  if (configuration === undefined) throw new Error(`a load balancer's user-data has no ${configurationPath}`);
  const dropIns = files.filter(({ path }) => path.startsWith("/etc/systemd/system/haproxy.service.d/")).map(({ content }) => content);
  return {
    files: {
      ...Object.fromEntries(files.filter(({ path }) => path.startsWith("/etc/haproxy/")).map(({ path, content }) => [path, content])),
      // Fetched from the bucket otherwise.
      "/etc/haproxy/site.pem": site.certificate,
    },
    configuration,
    output: /^StandardOutput=(.+)$/m.exec(dropIns.join("\n"))?.[1] ?? "journal",
  };
}
