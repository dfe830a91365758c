import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openAuthority } from "../../../../localcloud/names/authority.ts";
import type { Target } from "../../../drills/visitors/messages.ts";

export interface TestSite {
  target: Target;
  server: Server;
  /** What it does with requests: answers, keeps silent, answers 503, or hangs up. */
  mood: "well" | "silent" | "unavailable" | "hangup";
  /** Orders in the order in which they arrived. */
  orders: number[];
  /** TLS sessions that were resumed, of all connections made. */
  connections: { all: number; resumed: number };
  [Symbol.asyncDispose](): Promise<void>;
}

/** What visitors see of a site, on a real TLS socket of this machine. */
export async function startSite(): Promise<TestSite> {
  const folder = mkdtempSync(join(tmpdir(), "quickcart-visitors-"));
  const authority = await openAuthority(folder);
  const { certificate: cert, key } = await authority.issue(["localhost"]);
  const server = createServer({ cert, key }, (request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => { body += chunk; }).on("end", () => {
      if (site.mood === "silent") return;
      if (site.mood === "hangup") {
        request.socket.destroy();
        return;
      }
      if (request.method === "POST") site.orders.push((JSON.parse(body) as { order: number }).order);
      const well = site.mood === "well";
      response.writeHead(well ? 200 : 503, { "content-type": "application/json" });
      response.end(JSON.stringify(well ? { server: "app-1", release: "r1" } : { detail: "no server is there" }));
    });
  });
  server.on("secureConnection", (socket) => {
    site.connections.all += 1;
    if (socket.isSessionReused()) site.connections.resumed += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const site: TestSite = {
    target: { address: "127.0.0.1", port, hostName: "localhost", ca: authority.certificate },
    server, mood: "well", orders: [], connections: { all: 0, resumed: 0 },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return site;
}
