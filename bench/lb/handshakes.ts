import { Answer1, request1 } from "./http1.ts";
import { fail, open, type Target } from "./target.ts";
import { Visitors } from "./visitors.ts";

/** Each visitor makes a connection for each request: by the ticket that it got with the one before, or always in full. */
export const handshakes = (resumed: boolean) => (target: Target, many: number): Visitors => {
  const visitors = new Visitors(many);
  const asked = request1(target, "close");
  for (let visitor = 0; visitor < many; visitor++) {
    let ticket: Buffer | undefined;
    const ask = (): void => {
      const socket = open(target, "http/1.1", ticket);
      const isResumed = ticket !== undefined;
      const answer = new Answer1(target.bytes);
      let whole = false;
      socket.on("session", (session: Buffer) => (ticket = resumed ? session : undefined));
      socket.on("secureConnect", () => {
        if (socket.isSessionReused() !== isResumed) fail("a session ticket of the server's own was not taken");
        socket.write(asked);
      });
      socket.on("data", (chunk: Buffer) => (whole = answer.take(chunk)));
      socket.on("close", () => {
        if (!whole) fail("a connection ended before its answer");
        visitors.answered();
        visitors.want(ask);
      });
    };
    visitors.want(ask);
  }
  return visitors;
};
