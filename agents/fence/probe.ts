import { connect, type Socket } from "node:net";
import { connect as connectTls, type SecureContext } from "node:tls";
import { ports } from "../../components/ports.ts";
import { hasCode } from "../errors.ts";

/** Whether the target gave an answer of any kind. Tells when its connection is accepted, which may be long before. */
export type Probe = (onReached: () => void) => Promise<boolean>;

/** Longer than any silence that is borne, so that whoever stood still meanwhile answers what it was asked before. */
const usualLimitMs = 10_000;

/** By a connection of its own, as a new client needs one. A refusal is an answer, too: no machine without power refuses. */
function ask(socket: Socket, onReached: () => void, limitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    let answered = false;
    // Not the socket's own timeout, which begins anew with each packet.
    const timer = setTimeout(() => socket.destroy(), limitMs);
    socket.once("connect", onReached);
    socket.once("data", () => {
      answered = true;
      socket.destroy();
    });
    socket.once("error", (error) => { answered ||= hasCode(error, "ECONNREFUSED") || hasCode(error, "ECONNRESET"); });
    socket.once("close", () => {
      clearTimeout(timer);
      resolve(answered);
    });
  });
}

/** Only whether PostgreSQL's port accepts: whoever says more to it fills its log. */
export const accepts = (host: string, port: number, limitMs = usualLimitMs): Probe => (onReached) => {
  const socket = connect({ host, port });
  return ask(socket, () => {
    onReached();
    socket.destroy();
  }, limitMs);
};

/**
 * Whether HTTPS is answered, with whatever. Who answers need not be proved: a stranger at that address is alive, too. By hand: Node's
 * client takes several times the CPU, and a database machine has better use for it.
 */
export const answers = (host: string, port: number, path: string, secureContext: SecureContext, limitMs = usualLimitMs): Probe => (onReached) => {
  const socket = connectTls({ host, port, secureContext, rejectUnauthorized: false });
  socket.write(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
  return ask(socket, onReached, limitMs);
};

/** Everything that a database machine does, one after the other: whoever answers none of them is gone. */
export const probesOf = (host: string, secureContext: SecureContext): Probe[] => [
  answers(host, ports.patroni.from, "/liveness", secureContext),
  accepts(host, ports.postgres.from),
  answers(host, ports.etcd.to, "/version", secureContext),
];
