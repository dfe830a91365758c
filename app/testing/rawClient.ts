import { connect, type Socket } from "node:net";

/** A TCP connection on which a test says exactly what it wants, byte by byte. */
export class RawClient {
  readonly socket: Socket;
  #received = "";
  #closed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => { this.#received += chunk; });
    socket.on("close", () => { this.#closed = true; });
    // A reset is seen as `closed`; what came before it is what a test looks at.
    socket.on("error", () => { this.#closed = true; });
  }

  static async open(port: number): Promise<RawClient> {
    const socket = connect(port, "127.0.0.1");
    await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    return new RawClient(socket);
  }

  get received(): string {
    return this.#received;
  }

  send(text: string): void {
    this.socket.write(text);
  }

  /** Until what was received matches. */
  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.#received)) {
      if (this.#closed) throw new Error(`closed before ${pattern}; received ${JSON.stringify(this.#received)}`);
      await this.#event();
    }
    return this.#received;
  }

  /** Until the server has ended the connection; all that it sent. */
  async ended(): Promise<string> {
    while (!this.#closed) await this.#event();
    return this.#received;
  }

  #event(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.socket.off("data", done).off("close", done);
        resolve();
      };
      this.socket.on("data", done).on("close", done);
    });
  }
}
