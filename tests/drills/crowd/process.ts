/** A part of the crowd, in a process of its own; tells the drill five times a second how it is. */
import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { setTimeout as pause } from "node:timers/promises";
import { takePrecedence } from "../precedence.ts";
import { now } from "../visitors/clock.ts";
import { Client } from "./client.ts";
import { orderSchema, type CrowdTick, type Start } from "./messages.ts";

const tickMs = 200;
/** So many come at a time while the crowd gathers: it is what comes after that is measured. */
const atOnce = 100;
/** Node's own files, pipes and libraries. */
const filesBesides = 100;

/** A client is an open file. Node raises its soft limit to the hard one when it starts; root alone can do more. */
function requireFiles(clients: number): void {
  const limit = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1] ?? "0";
  if (limit !== "unlimited" && Number(limit) < clients + filesBesides) {
    throw new Error(`${clients} clients take ${clients + filesBesides} open files, and this process may have ${limit}: raise the hard limit first (ulimit -Hn ${clients + filesBesides})`);
  }
}

const seen: CrowdTick = { event: 0, connected: 0, answers: 0, refused: 0, lost: 0, handshakes: 0, resumed: 0, waiting: 0, firstAnswerAt: null, lastAnswerAt: null };
const clients: Client[] = [];
let waiting = new Set<Client>();

async function gather({ target, clients: count, everyMs }: Start): Promise<void> {
  requireFiles(count);
  const secureContext = createSecureContext({ ca: target.ca, minVersion: "TLSv1.2", ecdhCurve: "X25519" });
  setInterval(() => process.send?.({ ...seen, waiting: waiting.size }), tickMs);
  while (clients.length < count) {
    while (clients.length < count && waiting.size < atOnce) {
      const client = new Client({
        target, secureContext, everyMs, random: Math.random,
        onAnswer: (answered) => {
          seen.answers += 1;
          if (!waiting.delete(answered)) return;
          seen.lastAnswerAt = now();
          seen.firstAnswerAt ??= seen.lastAnswerAt;
        },
        onRefused: () => { seen.refused += 1; },
        onConnected: (resumed) => {
          seen.connected += 1;
          seen.handshakes += 1;
          if (resumed) seen.resumed += 1;
        },
        onLost: (connected) => {
          seen.lost += 1;
          if (connected) seen.connected -= 1;
        },
      });
      clients.push(client);
      waiting.add(client);
      client.connect();
    }
    await pause(10);
  }
}

takePrecedence();
process.on("message", (message) => {
  const order = orderSchema.parse(message);
  if (order.type === "start") {
    void gather(order);
    return;
  }
  waiting = new Set(clients);
  seen.event = order.number;
  seen.firstAnswerAt = null;
  seen.lastAnswerAt = null;
  for (const client of clients) client.askWithin(order.spreadMs);
});
// The drill is gone, or has seen enough.
process.on("disconnect", () => process.exit(0));
