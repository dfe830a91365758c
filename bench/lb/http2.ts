import { browser, fail, open, type Target } from "./target.ts";
import { Visitors } from "./visitors.ts";

/** RFC 9113, as far as asking for the same thing again and again needs it. */

const types = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goAway: 7, windowUpdate: 8 } as const;
const flags = { ack: 1, endStream: 1, endHeaders: 4 } as const;
const largestWindow = 2 ** 31 - 1;
const firstWindow = 65_535;
/** What the connection's window may lose before it is filled up again. */
const refill = 2 ** 30;

const streamsAtOnce = 4;

export function frame(type: number, flag: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flag;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

const number = (value: number): Buffer => {
  const four = Buffer.alloc(4);
  four.writeUInt32BE(value);
  return four;
};

/** RFC 7541: `GET` and `https` by their index, the rest in words that nobody remembers. */
export function headerBlock(target: Target): Buffer {
  // Under 128 bytes, so that one byte holds the length.
  const word = (text: string): Buffer => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
  const named = (index: number, value: string): Buffer => Buffer.concat([Buffer.from([index]), word(value)]);
  const others = Object.entries(browser).map(([name, value]) => Buffer.concat([Buffer.from([0]), word(name), word(value)]));
  return Buffer.concat([Buffer.from([0x82, 0x87]), named(4, target.path), named(1, target.hostName), ...others]);
}

const status200 = 0x88;

interface Frame {
  type: number;
  flag: number;
  stream: number;
  payload: Buffer;
}

/** Cuts what a connection brings into frames. */
export class Frames {
  #rest: Buffer | null = null;

  take(chunk: Buffer, each: (frame: Frame) => void): void {
    const all = this.#rest === null ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (all.length - at >= 9) {
      const end = at + 9 + all.readUIntBE(at, 3);
      if (end > all.length) break;
      each({ type: all[at + 3] ?? 0, flag: all[at + 4] ?? 0, stream: all.readUInt32BE(at + 5), payload: all.subarray(at + 9, end) });
      at = end;
    }
    this.#rest = at === all.length ? null : all.subarray(at);
  }
}

/** Four visitors share a connection, as the parts of a page do. */
export function keepAlive2(target: Target, many: number): Visitors {
  const visitors = new Visitors(many);
  const block = headerBlock(target);
  const hello = Buffer.concat([
    Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    frame(types.settings, 0, 0, Buffer.concat([Buffer.from([0, 4]), number(largestWindow)])),
    frame(types.windowUpdate, 0, 0, number(largestWindow - firstWindow)),
  ]);
  for (let connection = 0; connection < many / streamsAtOnce; connection++) {
    const socket = open(target, "h2");
    const frames = new Frames();
    let stream = -1;
    let unacknowledged = 0;
    const missing = new Map<number, number>();
    const ask = (): void => {
      stream += 2;
      missing.set(stream, target.bytes);
      socket.write(frame(types.headers, flags.endStream | flags.endHeaders, stream, block));
    };
    const data = (id: number, length: number, isEnd: boolean): void => {
      const left = (missing.get(id) ?? 0) - length;
      if (left < 0 || (isEnd && left > 0)) fail(`an answer's length is not ${target.bytes}`);
      missing.set(id, left);
      unacknowledged += length;
      if (!isEnd) return;
      missing.delete(id);
      visitors.answered();
      visitors.want(ask);
    };
    socket.on("secureConnect", () => {
      socket.write(hello);
      for (let each = 0; each < streamsAtOnce; each++) visitors.want(ask);
    });
    socket.on("data", (chunk: Buffer) => {
      // What is asked because of one packet leaves in one.
      socket.cork();
      frames.take(chunk, ({ type, flag, stream: id, payload }) => {
        const isAck = (flag & flags.ack) !== 0;
        if (type === types.data) data(id, payload.length, (flag & flags.endStream) !== 0);
        else if (type === types.headers && payload[0] !== status200) fail("answered with something else than status 200");
        else if (type === types.settings && !isAck) socket.write(frame(types.settings, flags.ack, 0));
        else if (type === types.ping && !isAck) socket.write(frame(types.ping, flags.ack, 0, payload));
        else if (type === types.goAway || type === types.reset) fail("the server ended a connection or a stream");
      });
      if (unacknowledged > refill) {
        socket.write(frame(types.windowUpdate, 0, 0, number(unacknowledged)));
        unacknowledged = 0;
      }
      socket.uncork();
    });
    socket.on("end", () => fail("a connection was closed that should have been kept"));
  }
  return visitors;
}
