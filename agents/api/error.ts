/** What an API refused, or that it was silent. */
export class ApiError extends Error {
  override name = "ApiError";
  /** Of the refusal; null when there was no answer that says so. */
  readonly status: number | null;
  /** What the API asked for by `retry-after`. */
  readonly retryAfterMs: number;

  constructor(text: string, { status = null, retryAfterMs = 0, ...options }: { status?: number | null; retryAfterMs?: number } & ErrorOptions = {}) {
    super(text, options);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}
