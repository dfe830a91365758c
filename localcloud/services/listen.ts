import { type Server as HttpServer } from "node:http";
import { type Server as HttpsServer } from "node:https";
import { type ListenOptions, type Server as NetServer } from "node:net";

/** Resolves once it listens; an address or a socket path. */
export function listen(server: NetServer, address: string, port: number | null = null): Promise<void> {
  const options: ListenOptions = port === null ? { path: address } : { host: address, port };
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(options, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** Cuts what is still open: a server that stops must not wait for clients that do not. */
export function closeServer(server: HttpServer | HttpsServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
