import { request } from "node:https";
import { connect } from "node:net";
import { ports } from "../../components/ports.ts";
import { hasCode } from "../errors.ts";

export interface Tls {
  ca: string;
  cert: string;
  key: string;
}

/** Whether the target gave an answer of any kind. Tells when its connection is accepted, which may be long before. */
export type Probe = (onReached: () => void) => Promise<boolean>;

/** Longer than any silence that is borne, so that whoever stood still meanwhile answers what it was asked before. */
const limitMs = 10_000;

/** A refusal is an answer too: no machine without power refuses. */
const refuses = (error: unknown): boolean => hasCode(error, "ECONNREFUSED") || hasCode(error, "ECONNRESET");

/** Only whether PostgreSQL's port accepts: whoever says more to it fills its log. */
const accepts = (host: string, port: number): Probe => (onReached) => new Promise((resolve) => {
  const socket = connect({ host, port, timeout: limitMs });
  socket.once("connect", () => {
    onReached();
    socket.destroy();
  });
  socket.once("timeout", () => socket.destroy());
  let refused = false;
  socket.once("error", (error) => { refused = refuses(error); });
  socket.once("close", () => resolve(refused));
});

/** By a connection of its own, as a new client needs one. Who it is need not be proved: a stranger at that address is alive, too. */
const answers = (host: string, port: number, path: string, tls: Tls): Probe => (onReached) => new Promise((resolve) => {
  const asked = request({ host, port, path, method: "GET", agent: false, rejectUnauthorized: false, ...tls, timeout: limitMs }, (response) => {
    response.resume();
    resolve(true);
  });
  asked.once("socket", (socket) => socket.once("connect", onReached));
  asked.once("timeout", () => asked.destroy());
  asked.once("error", (error) => resolve(refuses(error)));
  asked.once("close", () => resolve(false));
  asked.end();
});

/** Everything that a database machine does, one after the other: whoever answers none of them is gone. */
export const probesOf = (host: string, tls: Tls): Probe[] => [
  answers(host, ports.patroni.from, "/liveness", tls),
  accepts(host, ports.postgres.from),
  answers(host, ports.etcd.to, "/version", tls),
];
