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
  const { first, second } = signals();
  const signal = await first;
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
  void second.then((again) => cut(`${again} while draining`));

  await pause(config.noticeSeconds * 1000, abort.signal);
  await app.close();
  clearTimeout(limit);
  app.log.info("drained");
}

/** One handler for both: between two, a signal would end the process without a word. */
function signals(): { first: Promise<NodeJS.Signals>; second: Promise<NodeJS.Signals> } {
  const [first, second] = [Promise.withResolvers<NodeJS.Signals>(), Promise.withResolvers<NodeJS.Signals>()];
  const awaited = [first, second];
  const take = (signal: NodeJS.Signals): void => awaited.shift()?.resolve(signal);
  process.on("SIGTERM", take).on("SIGINT", take);
  return { first: first.promise, second: second.promise };
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
