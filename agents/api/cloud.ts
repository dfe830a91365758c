export interface CloudApiOptions {
  /** Secret. */
  token: string;
  /** Of the API, e.g. `https://api.digitalocean.com`. */
  origin?: string;
  /** Milliseconds until a silent API counts as away. */
  timeoutMs?: number;
  /** What an operator is to do about a refusal, by its status; goes behind the API's own words. */
  advice: Readonly<Record<number, string>>;
}

/** How far something has come that takes its time. */
export type Progress = "moving" | "done" | "failed";
