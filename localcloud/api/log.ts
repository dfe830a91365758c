export interface LogEntry {
  level: "info" | "warn" | "error";
  message: string;
  [field: string]: unknown;
}

/** Never given a secret: no body, no header, no query. */
export type Log = (entry: LogEntry) => void;
