import { chmod, copyFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { makePrivateDir, messageOf, readTextIfThere, writeFileAtomic } from "../files.ts";
import { type Log } from "../lifecycle/log.ts";
import { waitUntil } from "../lifecycle/wait.ts";
import { type Publication, publicationSchema } from "../operations.ts";
import { startPipe } from "../services/pipe.ts";
import { type Hop } from "./sshConfig.ts";
import { openTunnel } from "./tunnel.ts";

/** A way from a unix socket, which every network namespace sees, to something inside the cloud. */
interface Way {
  readonly state: string;
  readonly isOpen: boolean;
  stop(): Promise<void>;
}

export interface Publisher {
  /** Takes up again what was published before. */
  start(): Promise<void>;
  publish(publication: Publication): Promise<void>;
  unpublish(port: number): Promise<boolean>;
  list(): { port: number; to: string; state: string }[];
  stop(): Promise<void>;
}

export interface PublisherOptions {
  stateDir: string;
  runDir: string;
  locate(name: string): Hop;
  /** Tells the process on the host's network which ports to serve; rejects when one cannot be had. */
  serve(ports: Record<number, string>): Promise<void>;
}

const listSchema = z.array(publicationSchema);

/** How long a first connection through the bastions may take, in ms. */
const tunnelLimit = 30_000;

export function createPublisher(options: PublisherOptions, log: Log): Publisher {
  const file = join(options.stateDir, "published.json");
  const identities = join(options.stateDir, "identities");
  const ways = new Map<number, { publication: Publication; way: Way }>();

  const socketOf = (port: number): string => join(options.runDir, `publish-${port}.sock`);
  const save = (): Promise<void> =>
    writeFileAtomic(file, JSON.stringify([...ways.values()].map(({ publication }) => publication)), 0o600);
  const serve = (): Promise<void> => options.serve(Object.fromEntries([...ways.keys()].map((port) => [port, socketOf(port)])));

  const open = async (publication: Publication): Promise<Way> => {
    const { port, target } = publication;
    const socket = socketOf(port);
    await rm(socket, { force: true });
    if (target.kind === "address") {
      const pipe = await startPipe({ path: socket }, () => ({ host: target.address, port: target.port }));
      return { state: "open", isOpen: true, stop: () => pipe.stop() };
    }
    return openTunnel({
      socket,
      config: join(options.runDir, `publish-${port}.ssh`),
      identity: target.identity,
      locate: (name) => options.locate(name),
      jumps: target.jumps,
      machine: target.machine,
      port: target.port,
    }, log);
  };
  const close = async (port: number): Promise<boolean> => {
    const known = ways.get(port);
    if (known === undefined) return false;
    ways.delete(port);
    await known.way.stop();
    await rm(socketOf(port), { force: true });
    await rm(join(options.runDir, `publish-${port}.ssh`), { force: true });
    return true;
  };

  return {
    async start() {
      const text = await readTextIfThere(file);
      const known = text === null ? [] : listSchema.parse(JSON.parse(text));
      for (const publication of known) ways.set(publication.port, { publication, way: await open(publication) });
      try {
        await serve();
      } catch (error) {
        // The cloud is worth having without it, and `status` shows what is missing.
        log.warn(`a published port is not served: ${messageOf(error)}`);
      }
    },

    async publish(publication) {
      const { port, target } = publication;
      if (target.kind === "jump") {
        for (const name of [...target.jumps, target.machine]) options.locate(name);
        // Ours to keep: whoever gave it may take the file away.
        await makePrivateDir(identities);
        const own = join(identities, String(port));
        if (target.identity !== own) await copyFile(target.identity, own);
        await chmod(own, 0o600);
        publication = { port, target: { ...target, identity: own } };
      }
      await close(port);
      const way = await open(publication);
      ways.set(port, { publication, way });
      try {
        await serve();
        await waitUntil(`the way to ${describe(publication)}`, tunnelLimit, () => way.isOpen, () => way.state);
        await save();
      } catch (error) {
        await close(port);
        await Promise.all([save(), serve()]).catch((again: unknown) => log.warn(`published ports: ${messageOf(again)}`));
        throw error;
      }
    },

    async unpublish(port) {
      const was = await close(port);
      await save();
      await serve();
      await rm(join(identities, String(port)), { force: true });
      return was;
    },

    list: () => [...ways.values()].map(({ publication, way }) => ({ port: publication.port, to: describe(publication), state: way.state })),

    async stop() {
      await Promise.all([...ways.values()].map(({ way }) => way.stop()));
    },
  };
}

function describe({ target }: Publication): string {
  return target.kind === "address"
    ? `${target.address}:${target.port}`
    : `port ${target.port} of ${target.machine} through ${target.jumps.join(" or ")}`;
}
