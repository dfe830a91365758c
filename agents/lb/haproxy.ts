import { connect } from "node:net";
import { hasCode, message } from "../errors.ts";

/** HAProxy does not answer on its runtime API: it is being started, or is gone. */
export class HaproxyAway extends Error {
  override name = "HaproxyAway";
}

/** Sends one command to HAProxy's runtime API and answers what it said; rejects with HaproxyAway when it says nothing. */
export type Ask = (command: string) => Promise<string>;

/**
 * A connection for each command: after a reload, the next one reaches the new HAProxy. A hung one accepts connections all the
 * same, the kernel does that: `timeoutMs`, longer than any command waits.
 */
export const runtimeApi = (path: string, timeoutMs = 5_000): Ask => (command) => new Promise((resolve, reject) => {
  const chunks: Buffer[] = [];
  const socket = connect({ path, timeout: timeoutMs });
  const away = (why: string): void => {
    socket.destroy();
    reject(new HaproxyAway(`HAProxy does not answer on ${path}: ${why}`));
  };
  socket.on("data", (chunk) => chunks.push(chunk));
  socket.once("timeout", () => away(`silent for ${timeoutMs} ms`));
  socket.once("error", (error) => away(hasCode(error, "ENOENT") ? "there is no such socket" : message(error)));
  // Cut off in the middle of an answer counts as an answer to a command, but never to a question: those check what they read.
  socket.once("end", () => resolve(Buffer.concat(chunks).toString("utf8").trim()));
  // Not `end`: HAProxy drops a command whose sender is gone before it comes to it.
  socket.write(`${command}\n`);
});

/** A command that should be answered by these words, or by none. */
export async function tell(ask: Ask, command: string, expected = ""): Promise<void> {
  const answer = await ask(command);
  if (answer !== expected) throw new Error(`HAProxy on "${command}": ${answer || "no answer"}`);
}
