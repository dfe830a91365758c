import { connect, createServer, type NetConnectOpts, type Server, type Socket } from "node:net";
import { listen } from "./listen.ts";

export interface Pipe {
  readonly connections: number;
  stop(): Promise<void>;
}

/** Hands every connection on, byte by byte; a target that is not there shows as a connection cut at once. */
export async function startPipe(
  at: { path: string } | { address: string; port: number },
  target: () => NetConnectOpts,
): Promise<Pipe> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ ...target(), allowHalfOpen: true });
    for (const [socket, other] of [[near, far], [far, near]] as const) {
      open.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        open.delete(socket);
        other.destroySoon();
      });
      socket.pipe(other);
    }
  });
  if ("path" in at) await listen(server, at.path);
  else await listen(server, at.address, at.port);
  return {
    get connections() {
      return open.size / 2;
    },
    stop: () => stop(server, open),
  };
}

function stop(server: Server, open: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const socket of open) socket.destroy();
  });
}
