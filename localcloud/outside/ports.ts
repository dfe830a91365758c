import { hasCode, messageOf } from "../files.ts";
import { capture } from "../machines/command.ts";
import { type Pipe, startPipe } from "../services/pipe.ts";

/** Ports on the host's 127.0.0.1 and the unix sockets that they lead to. */
export type Ports = Record<string, string>;

export class PublishedPorts {
  readonly #open = new Map<string, Pipe>();

  /** Serves these and no others. What can be had is served even if another port cannot. */
  async set(wanted: Ports): Promise<void> {
    for (const [port, pipe] of this.#open) {
      if (Object.hasOwn(wanted, port)) continue;
      this.#open.delete(port);
      await pipe.stop();
    }
    const problems: string[] = [];
    for (const [port, socket] of Object.entries(wanted)) {
      if (this.#open.has(port)) continue;
      try {
        this.#open.set(port, await startPipe({ address: "127.0.0.1", port: Number(port) }, () => ({ path: socket })));
      } catch (error) {
        problems.push(hasCode(error, "EADDRINUSE") ? await takenMessage(Number(port)) : `port ${port}: ${messageOf(error)}`);
      }
    }
    if (problems.length > 0) throw new Error(problems.join("\n"));
  }

  async stop(): Promise<void> {
    await this.set({});
  }
}

/** Names the program that has the port, where the host can tell. */
export async function takenMessage(port: number): Promise<string> {
  let owner = "another program";
  try {
    const { stdout } = await capture(["ss", "-H", "-l", "-t", "-n", "-p", `sport = :${port}`]);
    const match = /users:\(\("([^"]+)",pid=(\d+)/.exec(stdout);
    if (match !== null) owner = `${match[1] ?? ""} (process ${match[2] ?? ""})`;
  } catch {
    // Without `ss` the port alone must do.
  }
  return `port ${port} on 127.0.0.1 is taken by ${owner}; end it or choose another port`;
}
