import { join } from "node:path";
import { request } from "node:http";
import { messageOf } from "../files.ts";
import { runDir, stateDir } from "../paths.ts";

export const outsideSocket = join(runDir, "outside.sock");
export const mirrorSocket = join(runDir, "mirror.sock");
export const outsideLog = join(stateDir, "outside.log");

/** Rejects with the process's own words when it refuses, e.g. that a port is taken. */
export function askOutside(method: "GET" | "POST", path: string, body = ""): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: outsideSocket, method, path, agent: false, timeout: 10_000 }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(text));
      });
    });
    asked.on("timeout", () => asked.destroy(new Error("it did not answer within 10 s")));
    asked.on("error", (error) => reject(new Error(`the process that serves published ports on the host does not answer (${messageOf(error)}); \`localcloud up\` starts it again`)));
    asked.end(body);
  });
}
