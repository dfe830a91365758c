import { connect, createServer, type Server } from "node:net";
import { UserError } from "../cli/errors.ts";
import { hasCode } from "../files.ts";
import { instance } from "../paths.ts";
import { listen } from "../services/listen.ts";

/** An abstract socket: it vanishes with its process, however that ends, and leaves no file. */
const path = `\0${instance}-local-lock`;

/** For verbs that raise or end the cloud: one at a time. Throws a UserError that names the holder. */
export async function withLock<T>(verb: string, work: () => Promise<T>): Promise<T> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.end(`localcloud ${verb} (process ${process.pid})`);
  });
  await take(server);
  server.unref();
  try {
    return await work();
  } finally {
    server.close();
  }
}

async function take(server: Server): Promise<void> {
  try {
    await listen(server, path);
  } catch (error) {
    if (!hasCode(error, "EADDRINUSE")) throw error;
    throw new UserError(`${await holder()} is at work on this cloud already; wait for it to end, then try again`);
  }
}

function holder(): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect({ path }, () => undefined);
    socket.setEncoding("utf8").setTimeout(1_000, () => socket.destroy());
    socket.on("data", (chunk: string) => (text += chunk));
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(text === "" ? "another `localcloud`" : text));
  });
}
