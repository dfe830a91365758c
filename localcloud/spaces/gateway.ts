import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { type StorageKey } from "../datacenter.ts";
import { makePrivateDir, writeFileAtomic } from "../files.ts";
import { type Log } from "../lifecycle/log.ts";
import { supervise } from "../lifecycle/supervised.ts";
import { waitUntil } from "../lifecycle/wait.ts";

export interface Gateway {
  /** Unix socket of the server that accepts signatures made for this region. */
  socketFor(region: string): string;
  setAccounts(keys: StorageKey[]): Promise<void>;
  stop(): Promise<void>;
}

export interface GatewayOptions {
  /** The versitygw program. */
  program: string;
  /** Holds buckets, versions and accounts; must support extended attributes. */
  dir: string;
  /** For sockets. */
  runDir: string;
  region: string;
  /** `fra1.digitaloceanspaces.com` */
  virtualDomain: string;
}

const healthPath = "/.quickcart/health";

/** DigitalOcean's own plugin and many clients sign for this region, wherever the bucket is. */
const commonRegion = "us-east-1";

/**
 * Two versitygw processes over one folder, for one accepts the signatures of one region only and Spaces accepts both its
 * own and us-east-1. They verify every signature; what a key may do is for the front to decide.
 */
export async function startGateway(options: GatewayOptions, log: Log): Promise<Gateway> {
  const { program, dir, runDir, region, virtualDomain } = options;
  const buckets = join(dir, "buckets");
  const versions = join(dir, "versions");
  const accounts = join(dir, "accounts");
  for (const folder of [dir, buckets, versions, accounts]) await makePrivateDir(folder);
  const accountsFile = join(accounts, "users.json");
  // The keys of an earlier life are no keys until the API says so again.
  await writeFileAtomic(accountsFile, renderAccounts([]), 0o600);

  const socketOf = (name: string): string => join(runDir, `spaces-${name}.sock`);
  const servers = [region, commonRegion].map((name) => {
    return supervise(
      {
        name: `versitygw ${name}`,
        file: program,
        args: [
          "--port", socketOf(name), "--socket-perm", "0600", "--region", name, "--virtual-domain", virtualDomain,
          // Without a cache, for a key that the API took away must be refused from then on.
          "--iam-dir", accounts, "--iam-cache-disable",
          "--health", healthPath, "--quiet", "--keep-alive",
          "posix", "--versioning-dir", versions, buckets,
        ],
        // Nobody knows the root account: all work is done by the accounts of the API's keys.
        env: { PATH: process.env["PATH"], ROOT_ACCESS_KEY: randomBytes(12).toString("hex"), ROOT_SECRET_KEY: randomBytes(24).toString("hex") },
      },
      log,
    );
  });
  const words = (): string => servers.flatMap((server) => server.lastWords()).join("; ");
  await waitUntil("the S3 server answers", 20_000, async () => {
    const healthy = await Promise.all([region, commonRegion].map((name) => isHealthy(socketOf(name))));
    return healthy.every(Boolean);
  }, words);

  return {
    socketFor: (name) => socketOf(name === commonRegion ? commonRegion : region),
    setAccounts: (keys) => writeFileAtomic(accountsFile, renderAccounts(keys), 0o600),
    async stop() {
      await Promise.all(servers.map((server) => server.stop()));
      for (const name of [region, commonRegion]) await rm(socketOf(name), { force: true });
    },
  };
}

/** versitygw's own file of accounts. All are its admins: the front has already decided what the key may do. */
function renderAccounts(keys: StorageKey[]): string {
  const accounts = keys.map(({ accessKey, secretKey }) => [
    accessKey,
    { access: accessKey, secret: secretKey, role: "admin", userID: 0, groupID: 0, projectID: 0 },
  ]);
  return JSON.stringify({ accessAccounts: Object.fromEntries(accounts) });
}

function isHealthy(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ socketPath, path: healthPath, timeout: 1_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.on("timeout", () => asked.destroy());
    asked.on("error", () => resolve(false));
    asked.end();
  });
}
