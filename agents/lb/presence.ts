import { request } from "node:http";
import type { Answer } from "./attention.ts";
import { presencePath } from "./peering.ts";

/**
 * Asks a load balancer whether it serves, by a connection of its own: that is what visitors will need too. Null when
 * nothing that knows the question answers.
 */
export function askPresence(host: string, timeoutMs: number, port = 80): Promise<Answer | null> {
  return new Promise((resolve) => {
    const asked = request({ host, port, path: presencePath, agent: false, signal: AbortSignal.timeout(timeoutMs), headers: { host, connection: "close" } });
    asked.once("response", ({ statusCode }) => {
      resolve(statusCode === 200 ? "serving" : statusCode === 503 ? "leaving" : null);
      asked.destroy();
    });
    asked.on("error", () => resolve(null));
    asked.end();
  });
}
