import { connect } from "node:net";
import type { Answer } from "./attention.ts";
import { presencePath } from "./peering.ts";
import type { Question } from "./prober.ts";

/** An answer that is later than this is none. */
const timeoutMs = 2_000;

/**
 * Asks a load balancer whether it serves, by a connection of its own: that is what visitors will need too. Null when
 * nothing that knows the question answers. Twenty times a second, so by hand: Node's HTTP client takes four times the CPU.
 */
export const presenceOf = (host: string, port = 80, limitMs = timeoutMs): Question => (onReached) => new Promise((resolve) => {
  let head = "";
  const socket = connect({ host, port }, onReached);
  const settle = (answer: Answer | null): void => {
    clearTimeout(timer);
    socket.destroy();
    resolve(answer);
  };
  const timer = setTimeout(() => settle(null), limitMs);
  socket.on("error", () => settle(null));
  socket.on("close", () => settle(null));
  socket.on("data", (chunk) => {
    head += chunk.toString("latin1");
    // "HTTP/1.1 200 ": by then it is known.
    if (head.length >= 13) settle(parseStatus(head));
  });
  socket.write(`GET ${presencePath} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
});

function parseStatus(head: string): Answer | null {
  switch (/^HTTP\/1\.[01] (\d{3}) /.exec(head)?.[1]) {
    case "200": return "serving";
    case "503": return "leaving";
    default: return null;
  }
}
