import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { messageOf, writeFileAtomic } from "../files.ts";
import { type Log } from "../lifecycle/log.ts";
import { type Hop, renderSshConfig } from "./sshConfig.ts";

export interface TunnelOptions {
  /** Where the far port appears. */
  socket: string;
  /** The OpenSSH configuration is written here. */
  config: string;
  identity: string;
  /** Asked anew each time, for a machine that was replaced has another address. */
  locate(name: string): Hop;
  jumps: string[];
  machine: string;
  port: number;
}

export interface Tunnel {
  /** For people: which way it goes, or why it does not. */
  readonly state: string;
  readonly isOpen: boolean;
  stop(): Promise<void>;
}

/** A port of a private machine's own 127.0.0.1, by SSH through the first bastion that lets us through. */
export function openTunnel(options: TunnelOptions, log: Log): Tunnel {
  const stopping = new AbortController();
  let state = "connecting";
  let isOpen = false;

  const attempt = async (jump: string): Promise<void> => {
    const hops = [options.locate(jump), options.locate(options.machine)];
    await writeFileAtomic(options.config, renderSshConfig(hops, options.identity), 0o600);
    // Nobody would end an ssh that starts after the call to stop.
    if (stopping.signal.aborted) return;
    const child = spawn("setpriv", [
      "--pdeathsig", "KILL", "--",
      "ssh", "-N", "-F", options.config, "-J", jump, "-L", `${options.socket}:127.0.0.1:${options.port}`, options.machine,
    ], { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-500)));
    const ended = new Promise<void>((resolve) => {
      child.once("error", (error) => {
        said = error.message;
        resolve();
      });
      child.once("exit", () => resolve());
    });
    const end = (): boolean => child.kill("SIGTERM");
    stopping.signal.addEventListener("abort", end);
    const watching = new AbortController();
    const opened = watchForSocket(options.socket, watching.signal).then((open) => {
      if (!open) return;
      isOpen = true;
      state = `open through ${jump}`;
      log.info(`tunnel to ${options.machine} is open through ${jump}`);
    });
    await ended;
    watching.abort();
    await opened;
    stopping.signal.removeEventListener("abort", end);
    if (isOpen) log.warn(`tunnel to ${options.machine} through ${jump} ended: ${said.trim()}`);
    isOpen = false;
    state = `closed: ${said.trim() || `ssh through ${jump} ended`}`;
  };

  const running = (async (): Promise<void> => {
    for (let turn = 0; !stopping.signal.aborted; turn++) {
      const jump = options.jumps[turn % options.jumps.length] ?? "";
      try {
        await attempt(jump);
      } catch (error) {
        state = `closed: ${messageOf(error)}`;
      }
      // At once to the next bastion; a pause only once each of them has failed.
      if ((turn + 1) % options.jumps.length === 0) await pause(1_000, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();

  return {
    get state() {
      return state;
    },
    get isOpen() {
      return isOpen;
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** ssh makes the socket once it is logged in. False when it was told to stop first. */
async function watchForSocket(path: string, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    if (existsSync(path) && (await answers(path))) return true;
    await pause(50);
  }
  return false;
}

/** A socket file that an earlier ssh left behind exists as well, but nobody listens. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
