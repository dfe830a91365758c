import { ApiError, badRequest } from "./errors.ts";
import { type Route } from "./route.ts";

export interface Match {
  route: Route;
  params: Record<string, string>;
}

/**
 * Finds the route of a request. Paths that this cloud does not serve answer 501 and name themselves, so that a program that
 * outgrows it is told so instead of being lied to. `unserved` are paths that a parameter of a served one would swallow.
 */
export class Router {
  readonly #paths = new Map<string, { segments: string[]; routes: Map<string, Route> }>();
  readonly #unserved: Set<string>;

  constructor(routes: Route[], unserved: string[]) {
    this.#unserved = new Set(unserved);
    for (const route of routes) {
      const entry = this.#paths.get(route.path) ?? { segments: route.path.split("/"), routes: new Map<string, Route>() };
      if (entry.routes.has(route.method)) throw new Error(`Two routes for ${route.method} ${route.path}.`);
      entry.routes.set(route.method, route);
      this.#paths.set(route.path, entry);
    }
  }

  find(method: string, path: string): Match {
    const segments = decode(path);
    const plain = segments.join("/");
    for (const entry of this.#unserved.has(plain) ? [] : this.#paths.values()) {
      const params = match(entry.segments, segments);
      if (params === null) continue;
      const route = entry.routes.get(method === "HEAD" ? "GET" : method);
      if (route !== undefined) return { route, params };
      const allowed = [...entry.routes.keys()].join(", ");
      throw new ApiError(405, "method_not_allowed", `The local cloud serves ${allowed} on ${plain}, not ${method}.`, { allow: allowed });
    }
    throw new ApiError(501, "not_implemented", `The local cloud does not serve ${method} ${plain}.`);
  }
}

function decode(path: string): string[] {
  const trimmed = path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
  try {
    return trimmed.split("/").map(decodeURIComponent);
  } catch {
    throw badRequest(`The path ${trimmed} is not validly percent-encoded.`);
  }
}

function match(pattern: string[], segments: string[]): Record<string, string> | null {
  if (pattern.length !== segments.length) return null;
  const params: Record<string, string> = {};
  for (const [index, wanted] of pattern.entries()) {
    const given = segments[index] ?? "";
    if (wanted.startsWith("{")) {
      if (given === "") return null;
      params[wanted.slice(1, -1)] = given;
    } else if (wanted !== given) {
      return null;
    }
  }
  return params;
}
