/** An app that passes the check before a release and never gets ready on a machine: no machine gives it a port on which it works. */
import { createServer } from "node:http";
import { parseConfig } from "../../../app/src/config.ts";
import { ports } from "../../../components/ports.ts";

const { port, host, release } = parseConfig(process.env, import.meta.dirname);
const isOnMachine = port >= ports.app.from && port <= ports.app.to;

createServer((_request, response) => {
  response.writeHead(isOnMachine ? 503 : 200, { "content-type": "application/json" }).end(JSON.stringify({ release }));
}).listen(port, host);
