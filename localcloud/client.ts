import { request } from "node:http";
import { join } from "node:path";
import { hasCode, messageOf } from "./files.ts";
import { type Input, type OperationName, operations, type Output, replySchema } from "./operations.ts";
import { runDir } from "./paths.ts";

export const controlSocket = join(runDir, "control.sock");

/** What the local cloud refused, or could not do. */
export class CloudError extends Error {}

/** Nobody answers on the control socket. */
export class CloudIsDown extends CloudError {
  constructor() {
    super("the local cloud is not running; start it with `localcloud up`");
  }
}

/**
 * Tells the running cloud to do something.
 *
 * @param limit milliseconds until it is given up
 * @example await tell("power", { machine: "bastion-1", change: "loss" });
 */
export async function tell<K extends OperationName>(name: K, input: Input<K>, limit = 60_000): Promise<Output<K>> {
  const reply = replySchema.parse(JSON.parse(await post(name, JSON.stringify(input), limit)));
  if (!reply.ok) throw new CloudError(reply.error);
  return operations[name].output.parse(reply.result) as Output<K>;
}

function post(name: string, body: string, limit: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: controlSocket, path: `/${name}`, method: "POST", agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve(text));
      response.on("error", reject);
    });
    const timer = setTimeout(() => asked.destroy(new CloudError(`the local cloud did not answer "${name}" within ${limit / 1000} s; see \`localcloud logs\``)), limit);
    asked.on("close", () => clearTimeout(timer));
    asked.on("error", (error) => {
      if (hasCode(error, "ENOENT", "ECONNREFUSED")) reject(new CloudIsDown());
      else if (hasCode(error, "EACCES")) reject(new CloudError("the control socket is root's: run this as root"));
      else reject(error instanceof CloudError ? error : new CloudError(`the local cloud went away while doing "${name}": ${messageOf(error)}`));
    });
    asked.end(body);
  });
}
