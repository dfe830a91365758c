import { type Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import ssh2, { type Client, type ConnectConfig } from "ssh2";
import { type Operation } from "../core/resource.ts";
import { type Connection, type Endpoint } from "./connection.ts";

const defaults = { user: "root", port: 22, dialErrorLimit: 10, perDialTimeout: 15 } as const;

/** The official plugin's: a machine that boots is met soon, one that is gone is not flooded. */
const retry = { firstMs: 100, growth: 1.5, slowestMs: 5000 } as const;

export interface Session {
  client: Client;
  end(): void;
}

/** Connects, through the proxy if there is one; keys stay in memory. Tries again while the machine may still be booting. */
export async function dial(connection: Connection, { signal, log }: Pick<Operation, "signal" | "log">): Promise<Session> {
  const limit = connection.dialErrorLimit ?? defaults.dialErrorLimit;
  for (let failed = 0; ; failed += 1) {
    try {
      return await dialOnce(connection, signal);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (signal.aborted || isHopeless(error) || (limit >= 0 && failed + 1 > limit)) {
        throw new Error(`${describe(connection)} could not be reached by SSH in ${failed + 1} attempt(s): ${reason}`, { cause: error });
      }
      log("info", `Dial ${failed + 1}/${limit < 0 ? "inf" : limit} failed: ${reason}. Retrying`, true);
      await delay(Math.min(retry.firstMs * retry.growth ** failed, retry.slowestMs), undefined, { signal });
    }
  }
}

class WrongHostKey extends Error {}
class BadKey extends Error {}

/** What trying again cannot mend. */
const isHopeless = (error: unknown): boolean => error instanceof WrongHostKey || error instanceof BadKey;

function describe({ proxy, ...target }: Connection): string {
  return proxy ? `${name(target)} (through ${name(proxy)})` : name(target);
}

function name({ user, host, port }: Endpoint): string {
  return `${user ?? defaults.user}@${host}:${port ?? defaults.port}`;
}

async function dialOnce({ proxy, ...target }: Connection, signal: AbortSignal): Promise<Session> {
  if (!proxy) {
    const client = await connect(target, undefined, signal);
    return { client, end: () => { client.end(); } };
  }
  const jump = await connect(proxy, undefined, signal);
  try {
    const tunnel = await new Promise<Duplex>((resolve, reject) => {
      jump.forwardOut("127.0.0.1", 0, target.host, target.port ?? defaults.port, (error, channel) => {
        if (error) reject(new Error(`${name(proxy)} could not reach ${target.host}: ${error.message}`));
        else resolve(channel);
      });
    });
    const client = await connect(target, tunnel, signal);
    return { client, end: () => { client.end(); jump.end(); } };
  } catch (error) {
    jump.end();
    throw error;
  }
}

async function connect(endpoint: Endpoint, sock: Duplex | undefined, signal: AbortSignal): Promise<Client> {
  const settings = configOf(endpoint);
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    let wrongKey: Error | null = null;
    const stop = (): void => { client.destroy(); reject(new Error("cancelled")); };
    signal.addEventListener("abort", stop, { once: true });
    client.once("ready", () => {
      signal.removeEventListener("abort", stop);
      resolve(client);
    });
    // Stays: a connection that breaks later fails its command, and must not end the plugin.
    client.on("error", (error) => {
      signal.removeEventListener("abort", stop);
      client.destroy();
      reject(wrongKey ?? new Error(error.message || error.level || "the connection failed"));
    });
    client.once("close", () => { reject(wrongKey ?? new Error("the connection was closed")); });
    client.connect({
      ...settings,
      ...(sock ? { sock } : {}),
      ...(endpoint.hostKey === undefined ? {} : {
        hostVerifier: (shown: Buffer) => {
          const matches = keyOf(endpoint.hostKey ?? "", "hostKey").equals(shown);
          if (!matches) wrongKey = new WrongHostKey(`${name(endpoint)} shows another host key than the one expected`);
          return matches;
        },
      }),
    });
  });
}

function configOf(endpoint: Endpoint): ConnectConfig {
  const agent = endpoint.agentSocketPath ?? process.env["SSH_AUTH_SOCK"];
  const { privateKey, privateKeyPassword } = endpoint;
  if (privateKey !== undefined) checkPrivateKey(privateKey, privateKeyPassword);
  return {
    host: endpoint.host,
    port: endpoint.port ?? defaults.port,
    username: endpoint.user ?? defaults.user,
    readyTimeout: (endpoint.perDialTimeout ?? defaults.perDialTimeout) * 1000,
    ...(privateKey === undefined ? {} : { privateKey }),
    ...(privateKeyPassword === undefined ? {} : { passphrase: privateKeyPassword }),
    ...(endpoint.password === undefined ? {} : { password: endpoint.password }),
    ...(agent ? { agent } : {}),
  };
}

function checkPrivateKey(key: string, password: string | undefined): void {
  const parsed = ssh2.utils.parseKey(key, password);
  // The library's message may quote the key.
  if (parsed instanceof Error) throw new BadKey("connection.privateKey is not a private key in OpenSSH or PEM format, or its password is wrong");
}

function keyOf(text: string, property: string): Buffer {
  const parsed = ssh2.utils.parseKey(text);
  if (parsed instanceof Error) throw new BadKey(`connection.${property} is not a public key`);
  return parsed.getPublicSSH();
}
