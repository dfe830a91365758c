/** An app that serves pages and knows no `/healthz`. */
import { createServer } from "node:http";
import { parseConfig } from "../../../app/src/config.ts";

const { port, host } = parseConfig(process.env, import.meta.dirname);

createServer((request, response) => {
  response.writeHead(request.url === "/" ? 200 : 404, { "content-type": "text/plain" }).end("hello");
}).listen(port, host);
