import { browser, fail, open, type Target } from "./target.ts";
import { Visitors } from "./visitors.ts";

const headEnd = Buffer.from("\r\n\r\n");
const wanted = Buffer.from("HTTP/1.1 200 ");

export function request1(target: Target, connection: "keep-alive" | "close"): Buffer {
  const headers = Object.entries({ host: target.hostName, ...browser, connection }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`GET ${target.path} HTTP/1.1\r\n${headers.join("")}\r\n`);
}

/** Finds the end of each answer in what a connection brings; Node's own client would cost more than the server that is measured. One answer at a time. */
export class Answer1 {
  /** Still to come of the present answer; 0 between two. */
  #missing = 0;
  #head: Buffer | null = null;
  readonly #bytes: number;

  /** @param bytes of every answer's body */
  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** Whether the answer is whole now. */
  take(chunk: Buffer): boolean {
    if (this.#missing === 0) {
      const head = this.#head === null ? chunk : Buffer.concat([this.#head, chunk]);
      const end = head.indexOf(headEnd);
      if (end < 0) {
        this.#head = head;
        return false;
      }
      this.#head = null;
      if (head.compare(wanted, 0, wanted.length, 0, wanted.length) !== 0) fail(`answered with: ${head.toString("latin1", 0, end)}`);
      this.#missing = this.#bytes - (head.length - end - headEnd.length);
    } else this.#missing -= chunk.length;
    if (this.#missing < 0) fail(`an answer has ${-this.#missing} bytes more than ${this.#bytes}`);
    return this.#missing === 0;
  }
}

/** Each visitor has a connection that it keeps. */
export function keepAlive1(target: Target, many: number): Visitors {
  const visitors = new Visitors(many);
  const asked = request1(target, "keep-alive");
  for (let visitor = 0; visitor < many; visitor++) {
    const socket = open(target, "http/1.1");
    const answer = new Answer1(target.bytes);
    const ask = (): void => void socket.write(asked);
    socket.on("secureConnect", () => visitors.want(ask));
    socket.on("data", (chunk: Buffer) => {
      if (!answer.take(chunk)) return;
      visitors.answered();
      visitors.want(ask);
    });
    socket.on("end", () => fail("a connection was closed that should have been kept"));
  }
  return visitors;
}
