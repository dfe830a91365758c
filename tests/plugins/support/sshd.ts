import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { cacheDir } from "../../../localcloud/paths.ts";

const exec = promisify(execFile);

/** A real OpenSSH server on the loopback interface, with a user and a key of its own. */
export interface Sshd {
  port: number;
  /** Everything it logged. */
  log(): string;
  stop(): Promise<void>;
}

export interface SshdKeys {
  /** OpenSSH private key. */
  host: string;
  /** One line of authorized_keys. */
  authorized: string;
}

/** It needs root, and its own view of /etc/passwd. */
export const canRunSshd = process.getuid?.() === 0 && existsSync("/usr/bin/unshare") && (existsSync("/usr/sbin/sshd") || existsSync("/usr/bin/apt-get"));

export async function startSshd(keys: SshdKeys): Promise<Sshd> {
  const dir = await mkdtemp(join(tmpdir(), "quickcart-sshd-"));
  const root = existsSync("/usr/sbin/sshd") ? "/" : await unpackedServer();
  const port = await freePort();
  await Promise.all([
    writeFile(join(dir, "host_key"), keys.host, { mode: 0o600 }),
    writeFile(join(dir, "authorized_keys"), keys.authorized),
    writeFile(join(dir, "passwd"), `${await readFile("/etc/passwd", "utf8")}\nsshd:x:65533:65534::/run/sshd:/usr/sbin/nologin\n`),
    writeFile(join(dir, "sshd_config"), [
      `Port ${port}`, "ListenAddress 127.0.0.1", `HostKey ${join(dir, "host_key")}`, `AuthorizedKeysFile ${join(dir, "authorized_keys")}`, "PidFile none", "StrictModes no",
      "UsePAM no", "PermitRootLogin yes", "PasswordAuthentication no", "AllowTcpForwarding yes", "AcceptEnv GREETING PULUMI_COMMAND_*", "LogLevel VERBOSE", "",
    ].join("\n")),
  ]);
  const helpers = join(root, "usr/lib/openssh");
  // In a mount namespace of its own: what it hides there, nobody else misses.
  const script = [
    `mount --bind ${join(dir, "passwd")} /etc/passwd`, "mount -t tmpfs tmpfs /run", "mkdir -p /run/sshd",
    ...(root === "/" ? [] : [`mount --bind ${helpers} /usr/lib/openssh`]),
    `exec ${join(root, "usr/sbin/sshd")} -D -e -f ${join(dir, "sshd_config")}`,
  ].join(" && ");
  const libraries = root === "/" ? {} : { LD_LIBRARY_PATH: join(root, "usr/lib/x86_64-linux-gnu") };
  const server = spawn("unshare", ["--mount", "--propagation", "private", "sh", "-c", script], { env: { ...process.env, ...libraries }, stdio: ["ignore", "pipe", "pipe"] });
  let logged = "";
  for (const stream of [server.stdout, server.stderr]) stream.on("data", (chunk: Buffer) => { logged += chunk.toString(); });
  await answering(port, server, () => logged);
  return {
    port,
    log: () => logged,
    stop: async () => {
      const ended = new Promise((resolve) => server.once("exit", resolve));
      server.kill("SIGTERM");
      await ended;
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Debian's package, unpacked beside the other tools and not installed. */
async function unpackedServer(): Promise<string> {
  const root = join(cacheDir, "test-sshd");
  if (existsSync(join(root, "usr/sbin/sshd"))) return root;
  const dir = await mkdtemp(join(tmpdir(), "quickcart-debs-"));
  try {
    await exec("apt-get", ["download", "openssh-server", "libwrap0"], { cwd: dir });
    await mkdir(root, { recursive: true });
    for (const file of await readdir(dir)) await exec("dpkg-deb", ["-x", join(dir, file), root]);
    return root;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const patienceMs = 10_000;

async function answering(port: number, server: ChildProcess, log: () => string): Promise<void> {
  const end = Date.now() + patienceMs;
  for (;;) {
    const up = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => { socket.destroy(); resolve(true); });
      socket.on("error", () => { resolve(false); });
    });
    if (up) return;
    if (server.exitCode !== null || Date.now() > end) throw new Error(`sshd did not start: ${log()}`);
    await delay(20);
  }
}
