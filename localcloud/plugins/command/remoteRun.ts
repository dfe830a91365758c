import { type Client, type ClientChannel } from "ssh2";
import { type Operation } from "../core/resource.ts";
import { type Connection } from "./connection.ts";
import { dial } from "./dial.ts";
import { type Captured, createCapture, type Logging } from "./output.ts";

export interface RemoteRun {
  connection: Connection;
  command: string;
  environment: Record<string, string>;
  stdin: string | undefined;
  logging: Logging | undefined;
}

/** Runs one command over one connection. */
export async function runRemotely(run: RemoteRun, operation: Operation): Promise<Captured> {
  const session = await dial(run.connection, operation);
  const cancel = (): void => { session.client.destroy(); };
  operation.signal.addEventListener("abort", cancel, { once: true });
  try {
    return await execute(session.client, run, operation);
  } finally {
    operation.signal.removeEventListener("abort", cancel);
    session.end();
  }
}

async function execute(client: Client, { command, environment, stdin, logging }: RemoteRun, { log }: Operation): Promise<Captured> {
  const capture = createCapture(logging, log);
  return new Promise((resolve, reject) => {
    const broken = (): void => { reject(new Error(`the connection broke while the command ran. Its output ended with:\n${capture.tail()}`)); };
    client.once("close", broken);
    // Servers take no variables but those that they list (AcceptEnv); like the official plugin, this one asks and goes on.
    client.exec(command, { env: environment }, (error: Error | undefined, channel: ClientChannel) => {
      if (error) {
        reject(error);
        return;
      }
      let exit: { code: number | null; signal: string | undefined } | null = null;
      channel.on("data", (chunk: Buffer) => { capture.write("stdout", chunk); });
      channel.stderr.on("data", (chunk: Buffer) => { capture.write("stderr", chunk); });
      channel.on("exit", (code: number | null, signal?: string) => { exit = { code, signal }; });
      channel.on("close", () => {
        client.off("close", broken);
        const captured = capture.end();
        if (exit?.code === 0) resolve(captured);
        else reject(new Error(failure(exit, capture.tail())));
      });
      channel.end(stdin ?? "");
    });
  });
}

export function failure(exit: { code: number | null; signal: string | undefined } | null, tail: string): string {
  const how = exit === null ? "the command ended without a status" : exit.code === null ? `the command was ended by signal ${exit.signal ?? "?"}` : `the command exited with status ${exit.code}`;
  return tail === "" ? `${how} and printed nothing` : `${how}. Its output ended with:\n${tail}`;
}
