import { appliedPath } from "./plan.ts";
import { render } from "./templates.ts";

export interface RedisChange {
  readonly name: string;
  /** What the machine is to become. */
  readonly revision: string;
  /** Of the cluster. */
  readonly machines: number;
}

/** A shell script that changes this machine in place, with its files on standard input. */
export function redisChange(change: RedisChange): string {
  return render("redis/change.sh", { ...change, applied: appliedPath });
}
