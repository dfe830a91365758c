import { type Server } from "node:http";
import { type AddressInfo } from "node:net";

export interface Listening {
  port: number;
  close(): Promise<void>;
}

/** On a free port of the loopback interface. */
export async function listen(server: Server): Promise<Listening> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
