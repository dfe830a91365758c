import { type Attention, silenceMs, silentMs } from "./attention.ts";

/** Whether this load balancer is to serve, as keepalived is told. */
export interface Verdict {
  fine: boolean;
  why: string;
}

/** Good answers in a row that a load balancer needs after a fault. */
const goodAnswers = 3;

/** Quick to leave when HAProxy says so; when it is silent, only after it had time to be restarted. Null: too early to say. */
export function judgeHealth(attention: Attention, before: Verdict | null): Verdict | null {
  if (attention.answer === "leaving") return { fine: false, why: "HAProxy says that this load balancer is about to leave" };
  const silent = silentMs(attention);
  if (silent >= silenceMs) return { fine: false, why: `HAProxy is silent for ${silent} ms` };
  if (before?.fine === true) return before;
  if (attention.servingInARow >= goodAnswers) return { fine: true, why: `HAProxy answers, ${goodAnswers} times in a row` };
  return before;
}

/** What keepalived's track_file says: the weight of a fault ends this machine's candidacy. */
export const trackWeight = (verdict: Verdict): string => `${verdict.fine ? 0 : -254}\n`;
