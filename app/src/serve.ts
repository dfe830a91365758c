import type { FastifyInstance } from "fastify";
import type { Config } from "./config.ts";
import type { Lifecycle } from "./lifecycle.ts";

/**
 * Listens until the process is told to end, then drains: from that moment `/healthz` answers 404, but the server goes on
 * taking what load balancers still send for `noticeSeconds`; then it closes its port, finishes what is in flight, and
 * ends. At `drainSeconds` it ends whatever is left. A second signal ends it at once.
 */
export async function serve(app: FastifyInstance, lifecycle: Lifecycle, config: Config): Promise<void> {
  await app.listen({ port: config.port, host: config.host });
  const signal = await nextSignal();
  lifecycle.drain();
  app.log.info({ signal, drainSeconds: config.drainSeconds }, "draining");

  const abort = new AbortController();
  const cut = (why: string): void => {
    if (abort.signal.aborted) return;
    abort.abort();
    app.log.warn(`ending with requests in flight: ${why}`);
    app.server.closeAllConnections();
  };
  const limit = setTimeout(() => cut(`not drained within ${config.drainSeconds} s`), config.drainSeconds * 1000);
  void nextSignal().then((second) => cut(`${second} while draining`));

  await pause(config.noticeSeconds * 1000, abort.signal);
  await app.close();
  clearTimeout(limit);
  app.log.info("drained");
}

function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const take = (signal: NodeJS.Signals): void => {
      process.off("SIGTERM", take).off("SIGINT", take);
      resolve(signal);
    };
    process.on("SIGTERM", take).on("SIGINT", take);
  });
}

function pause(ms: number, until: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    until.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
