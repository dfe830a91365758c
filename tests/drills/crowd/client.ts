import { connect, type SecureContext, type TLSSocket } from "node:tls";
import { healthCheck } from "../../../agents/slots.ts";
import type { Target } from "../visitors/messages.ts";

export interface ClientParts {
  target: Target;
  secureContext: SecureContext;
  /** Milliseconds between an answer and the next request. */
  everyMs: number;
  /** 0 <= random() < 1 */
  random: () => number;
  /** A request was answered with 200. */
  onAnswer: (client: Client) => void;
  /** It was answered with something else: the connection is closed, and opened again. */
  onRefused: () => void;
  onConnected: (resumed: boolean) => void;
  /** @param connected whether its handshake had been over */
  onLost: (connected: boolean) => void;
}

/**
 * A request that has no answer by then is given up, and its connection with it. Only those need it that had reached a
 * server which then died: others are sent again by the kernel, and reset by whoever has the address now.
 */
const answerLimitMs = 4_000;
/** The kernel tries again after one second, and then only after three: from here on a new attempt is quicker. */
const connectLimitMs = 2_000;
/** A server that has just taken the connection is alive, but may be busy with everybody else. */
const busyLimitMs = 15_000;
/** So much later than at once, at most, a broken connection is opened again. */
const reconnectWithinMs = 250;

/** One of very many: a TLS connection that stays, with a request now and then. Kept small; HTTP is only what one answer takes. */
export class Client {
  readonly #parts: ClientParts;
  readonly #request: string;
  #socket: TLSSocket | undefined;
  #session: Buffer | undefined;
  #timer: NodeJS.Timeout | undefined;
  #received = "";
  #awaiting = false;
  #connected = false;

  constructor(parts: ClientParts) {
    this.#parts = parts;
    // The cheapest answer that an app server gives: the load balancer is what is looked at, and pages would keep the processors busier than it does.
    this.#request = `GET ${healthCheck.path} HTTP/1.1\r\nhost: ${parts.target.hostName}\r\naccept: application/json\r\n\r\n`;
  }

  connect(): void {
    const { target: { address: host, port, hostName: servername }, secureContext } = this.#parts;
    const socket = connect({ host, port, servername, secureContext, ...(this.#session ? { session: this.#session } : {}) });
    this.#socket = socket;
    this.#within(connectLimitMs);
    // On its way with the end of the handshake, as a browser's: a packet less for either side.
    this.#awaiting = true;
    socket.write(this.#request);
    socket
      .on("connect", () => this.#within(busyLimitMs))
      .on("secureConnect", () => {
        this.#connected = true;
        this.#parts.onConnected(socket.isSessionReused());
        this.#within(busyLimitMs);
      })
      // One is enough for every time it comes back: both load balancers know the ticket's key.
      .once("session", (session: Buffer) => { this.#session ??= session; })
      .on("data", (chunk: Buffer) => this.#take(chunk))
      // `close` follows, and says all that matters.
      .on("error", () => undefined)
      .on("close", () => this.#lost(socket));
  }

  #ask(): void {
    if (this.#awaiting || !this.#connected) return;
    this.#awaiting = true;
    this.#within(answerLimitMs);
    this.#socket?.write(this.#request);
  }

  /** Sends a request at some moment of the next `ms`, unless one is under way or there is no connection, whose first thing it is. */
  askWithin(ms: number): void {
    if (this.#awaiting || !this.#connected) return;
    this.#after(this.#parts.random() * ms, () => this.#ask());
  }

  #take(chunk: Buffer): void {
    this.#received += chunk.toString("latin1");
    const head = this.#received.indexOf("\r\n\r\n");
    if (head < 0) return;
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(this.#received)?.[1] ?? 0);
    if (this.#received.length < head + 4 + length) return;
    const ok = this.#received.startsWith("HTTP/1.1 200 ");
    this.#received = "";
    this.#awaiting = false;
    if (!ok) {
      this.#parts.onRefused();
      this.#socket?.destroy();
      return;
    }
    this.#parts.onAnswer(this);
    const { everyMs, random } = this.#parts;
    this.#after(everyMs * (0.5 + random()), () => this.#ask());
  }

  #lost(socket: TLSSocket): void {
    if (socket !== this.#socket) return;
    this.#parts.onLost(this.#connected);
    this.#socket = undefined;
    this.#connected = false;
    this.#received = "";
    this.#awaiting = false;
    this.#after(this.#parts.random() * reconnectWithinMs, () => this.connect());
  }

  /** A process that has been kept waiting for a processor looks first at what has arrived meanwhile, and only then gives up. */
  #within(ms: number): void {
    this.#after(ms, () => this.#after(1, () => this.#socket?.destroy()));
  }

  /** There is only ever one thing that a client waits for. */
  #after(ms: number, then: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, ms);
  }
}
