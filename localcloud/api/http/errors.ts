/** What goes wrong for a client's own reasons: answered in DigitalOcean's shape `{id, message, request_id}`. */
export class ApiError extends Error {
  readonly status: number;
  readonly id: string;
  readonly headers: Record<string, string>;

  constructor(status: number, id: string, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.id = id;
    this.headers = headers;
  }
}

export const badRequest = (message: string): ApiError => new ApiError(400, "bad_request", message);
export const forbidden = (message: string): ApiError => new ApiError(403, "forbidden", message);
export const notFound = (): ApiError => new ApiError(404, "not_found", "The resource you were accessing could not be found.");
export const unprocessable = (message: string): ApiError => new ApiError(422, "unprocessable_entity", message);

/** As the real API says it; its official provider waits and retries on these very words. */
export const pendingEvent = (): ApiError => unprocessable("Droplet already has a pending event.");

export const errorIds: Record<number, string> = {
  400: "bad_request",
  401: "Unauthorized",
  403: "forbidden",
  404: "not_found",
  405: "method_not_allowed",
  409: "conflict",
  422: "unprocessable_entity",
  429: "too_many_requests",
  500: "server_error",
  501: "not_implemented",
  502: "bad_gateway",
  503: "service_unavailable",
  504: "gateway_timeout",
};
