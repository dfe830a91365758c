import type { FastifyInstance } from "fastify";
import type { Lifecycle } from "./lifecycle.ts";

export const healthPath = "/healthz";

/** For load balancers: 200 while this server wants requests; from the moment it was told to end 404, which means "let what is under way finish, send nothing new" (HAProxy's `disable-on-404`), while 503 would mean "dead". */
export function serveHealth(app: FastifyInstance, about: { lifecycle: Lifecycle; serverName: string; release: string }): void {
  const { lifecycle, serverName, release } = about;
  app.get(healthPath, async (_request, reply) => {
    reply.header("cache-control", "no-store");
    if (lifecycle.draining) reply.code(404);
    return { status: lifecycle.draining ? "draining" : "ok", server: serverName, release };
  });
}
