import { rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { messageOf, readTextIfThere, writeFileAtomic } from "../files.ts";
import { type Log } from "../lifecycle/log.ts";
import { type Publication, publicationSchema } from "../operations.ts";
import { type Pipe, startPipe } from "../services/pipe.ts";

export interface Publisher {
  /** Takes up again what was published before. */
  start(): Promise<void>;
  publish(publication: Publication): Promise<void>;
  unpublish(port: number): Promise<boolean>;
  list(): { port: number; to: string }[];
  stop(): Promise<void>;
}

export interface PublisherOptions {
  stateDir: string;
  runDir: string;
  /** Tells the process on the host's network which ports to serve; rejects when one cannot be had. */
  serve(ports: Record<number, string>): Promise<void>;
}

const listSchema = z.array(publicationSchema);

/** From ports of the host's 127.0.0.1 to addresses inside the cloud, by unix sockets, which every network namespace sees. */
export function createPublisher(options: PublisherOptions, log: Log): Publisher {
  const file = join(options.stateDir, "published.json");
  const ways = new Map<number, { publication: Publication; pipe: Pipe }>();

  const socketOf = (port: number): string => join(options.runDir, `publish-${port}.sock`);
  const save = (): Promise<void> =>
    writeFileAtomic(file, JSON.stringify([...ways.values()].map(({ publication }) => publication)), 0o600);
  const serve = (): Promise<void> => options.serve(Object.fromEntries([...ways.keys()].map((port) => [port, socketOf(port)])));

  const open = async (publication: Publication): Promise<void> => {
    const { port, target } = publication;
    const socket = socketOf(port);
    await rm(socket, { force: true });
    const pipe = await startPipe({ path: socket }, () => ({ host: target.address, port: target.port }));
    ways.set(port, { publication, pipe });
  };
  const close = async (port: number): Promise<boolean> => {
    const known = ways.get(port);
    if (known === undefined) return false;
    ways.delete(port);
    await known.pipe.stop();
    await rm(socketOf(port), { force: true });
    return true;
  };

  return {
    async start() {
      const known = listSchema.safeParse(JSON.parse((await readTextIfThere(file)) ?? "[]"));
      // An older version's list may speak of ways that there are no more.
      if (!known.success) log.warn(`the list of published ports is not understood, and forgotten: ${z.prettifyError(known.error)}`);
      for (const publication of known.data ?? []) await open(publication);
      try {
        await serve();
      } catch (error) {
        // The cloud is worth having without it, and `status` shows what is missing.
        log.warn(`a published port is not served: ${messageOf(error)}`);
      }
    },

    async publish(publication) {
      const { port } = publication;
      // The same again must not cut who is connected.
      if (JSON.stringify(ways.get(port)?.publication) === JSON.stringify(publication)) {
        await serve();
        return;
      }
      await close(port);
      await open(publication);
      try {
        await serve();
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
      return was;
    },

    list: () => [...ways.values()].map(({ publication: { port, target } }) => ({ port, to: `${target.address}:${target.port}` })),

    async stop() {
      await Promise.all([...ways.values()].map(({ pipe }) => pipe.stop()));
    },
  };
}
