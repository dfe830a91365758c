import type { IncomingMessage } from "node:http";
import { ApiError, badRequest } from "./errors.ts";

const maxBytes = 1024 * 1024;

/** The parsed body, undefined when there is none. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const text = (await readAll(request)).toString("utf8");
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest("error parsing request body: it is not JSON");
  }
}

/** Not `for await`: leaving that loop early cuts the connection, and the client would never read why. */
function readAll(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) {
        chunks.push(chunk);
        return;
      }
      chunks.length = 0;
      reject(new ApiError(413, "request_entity_too_large", `The request body is larger than ${maxBytes} bytes.`, { connection: "close" }));
    });
    request.once("end", () => resolve(Buffer.concat(chunks)));
    request.once("error", () => reject(badRequest("error reading request body")));
    request.once("close", () => reject(badRequest("the request ended before its body was complete")));
  });
}
