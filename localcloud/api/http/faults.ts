import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import type { Clock } from "../clock.ts";

/**
 * What a drill may do to the API: answer with a status, answer late, never answer, or cut the connection. It strikes before
 * anything else of the request is looked at, so nothing of it happens.
 */
export const faultSchema = z.strictObject({
  /** A regular expression over the path, e.g. `^/v2/reserved_ips/[^/]+/actions$`; without one every path is struck. */
  path: z.string().refine(isRegExp, "is not a regular expression").optional(),
  method: z.enum(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]).optional(),
  kind: z.enum(["status", "delay", "hang", "hangup"]),
  /** For `status`. */
  status: z.int().min(400).max(599).optional(),
  /** For `status`: seconds, sent as `retry-after`. */
  retryAfter: z.int().min(0).optional(),
  /** For `delay`. */
  milliseconds: z.int().min(0).optional(),
  /** How many requests it strikes; all until it is cleared when absent. */
  count: z.int().min(1).optional(),
}).refine((fault) => fault.kind !== "status" || fault.status !== undefined, "a fault of kind \"status\" needs `status`, 400 to 599")
  .refine((fault) => fault.kind !== "delay" || fault.milliseconds !== undefined, "a fault of kind \"delay\" needs `milliseconds`");

export type Fault = z.infer<typeof faultSchema>;

/** `answer`: say this status and nothing else. `gone`: the connection is dealt with. `pass`: go on as if nothing was. */
export type Strike = { outcome: "pass" | "gone" } | { outcome: "answer"; status: number; retryAfter: number | null };

export class Faults {
  readonly #clock: Clock;
  #active: { fault: Fault; pattern: RegExp; left: number }[] = [];
  readonly #held = new Set<IncomingMessage["socket"]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Throws a ZodError when the fault makes no sense. */
  set(input: unknown): void {
    const fault = faultSchema.parse(input);
    this.#active.push({ fault, pattern: new RegExp(fault.path ?? ""), left: fault.count ?? Infinity });
  }

  list(): Fault[] {
    return this.#active.map((entry) => entry.fault);
  }

  /** Requests that a `hang` holds are cut: nothing waits for ever. */
  clear(): void {
    this.#active = [];
    for (const socket of this.#held) socket.destroy();
    this.#held.clear();
  }

  async strike(request: IncomingMessage, response: ServerResponse, path: string): Promise<Strike> {
    const entry = this.#active.find(({ fault, pattern }) =>
      pattern.test(path) && (fault.method === undefined || fault.method === request.method));
    if (entry === undefined) return { outcome: "pass" };
    entry.left -= 1;
    if (entry.left <= 0) this.#active = this.#active.filter((other) => other !== entry);
    const { fault } = entry;
    switch (fault.kind) {
      case "status":
        return { outcome: "answer", status: fault.status ?? 500, retryAfter: fault.retryAfter ?? null };
      case "delay":
        await new Promise<void>((resolve) => this.#clock.after(fault.milliseconds ?? 0, resolve));
        return { outcome: "pass" };
      case "hang":
        this.#held.add(request.socket);
        response.once("close", () => this.#held.delete(request.socket));
        return { outcome: "gone" };
      case "hangup":
        request.socket.destroy();
        return { outcome: "gone" };
    }
  }
}

function isRegExp(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}
