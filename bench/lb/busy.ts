import { cpus } from "node:os";
import { setTimeout as pause } from "node:timers/promises";

type Times = ReturnType<typeof cpus>[number]["times"];

/** 0 to 1: of all processors together, between two looks at their times. */
export function busyBetween(before: readonly Times[], after: readonly Times[]): number {
  const sum = (all: readonly Times[], part: (times: Times) => number): number => all.reduce((total, times) => total + part(times), 0);
  const total = ({ user, nice, sys, idle, irq }: Times): number => user + nice + sys + idle + irq;
  const all = sum(after, total) - sum(before, total);
  return all === 0 ? 0 : 1 - (sum(after, ({ idle }) => idle) - sum(before, ({ idle }) => idle)) / all;
}

/** Of the host, over so long from now. */
export async function busyShare(ms: number): Promise<number> {
  const look = (): Times[] => cpus().map(({ times }) => times);
  const before = look();
  await pause(ms);
  return busyBetween(before, look());
}
