import { type Attention, silence } from "./attention.ts";

/** Whether this load balancer is to serve, as keepalived is told. */
export interface Verdict {
  fine: boolean;
  why: string;
  /** The latest probe when it was found: only answers to this one and to later ones can change a fault. */
  probe: number;
}

/** Good answers in a row that a load balancer needs at first, and after a fault. */
const goodAnswers = 3;

/** Quick to leave when HAProxy says so; when it is silent, only after it had time to be restarted. Null: too early to say. */
export function judgeHealth(attention: Attention, before: Verdict | null): Verdict | null {
  const { answer, answered, servingInARow, launched: probe } = attention;
  const fault = (why: string): Verdict => ({ fine: false, why: `HAProxy ${why}`, probe });
  if (answer === "leaving") return fault("says that this load balancer is about to leave");
  const silent = silence(attention);
  if (silent !== null) return fault(`is ${silent}`);
  if (before?.fine === true) return before;
  const since = before === null ? 1 : before.probe;
  if (Math.min(servingInARow, answered - since + 1) < goodAnswers) return before;
  return { fine: true, why: `HAProxy answers, ${goodAnswers} times in a row`, probe };
}

/** What keepalived's track_file says: the weight of a fault ends this machine's candidacy. */
export const trackWeight = (verdict: Pick<Verdict, "fine">): string => `${verdict.fine ? 0 : -254}\n`;
