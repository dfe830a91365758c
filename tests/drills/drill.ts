/** A drill breaks something real on the running local stack, measures what its users would see, and mends it again. */
export interface Drill {
  name: string;
  /** What is promised, in a sentence. */
  promise: string;
  /** How long it takes at most; past twice that it is ended as failed. */
  minutes: number;
  /** `ci`: part of `make test`. `nightly`: `make drill NAME=all` only. */
  suite: "ci" | "nightly";
  /** `cloud`: runs inside the local cloud's namespace, so that its names and addresses can be asked. `host`: outside, because it ends the cloud. */
  where: "cloud" | "host";
  /** `visitors`: the site must run the app that visitors know (tests/drills/visitors). It is installed before and the real one put back after. */
  app?: "visitors";
  /** What `--sabotage` switches off; the drill must then fail. */
  sabotage: string;
  run(context: DrillContext): Promise<void>;
}

export type Unit = "s" | "ms" | "MiB" | "count" | "percent" | "MB/s";

export interface DrillContext {
  sabotage: boolean;
  /** A measured figure; the drill fails when it is not within the limit. NaN never is. */
  figure(name: string, value: number, unit: Unit, limit?: { max?: number; min?: number }): void;
  /** Something that holds or does not. `seen` is shown either way. */
  holds(what: string, held: boolean, seen?: string): void;
  /** A line for the reader: what is being done. */
  say(line: string): void;
  /** Undone after the run, last first, also when the drill failed. */
  restore(what: string, undo: () => Promise<void>): void;
  /** What this machine cannot show, and why: reported, counted as skipped. */
  skip(what: string, why: string): void;
}

export interface Row {
  what: string;
  seen: string;
  promised: string;
  ok: boolean | "skipped";
}

export interface DrillReport {
  drill: string;
  ok: boolean;
  seconds: number;
  figures: Record<string, number>;
  rows: Row[];
  error?: string;
}
