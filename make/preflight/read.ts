import { z } from "zod";
import { UserError } from "../steps.ts";

/** GET of a path. null for what is not there. */
export type Read = (path: string) => Promise<unknown>;

export interface Endpoint {
  origin: string;
  token: string;
  /** The variable that the token came from, for errors. */
  variable: string;
}

const limitMs = 20_000;
const errorSchema = z.object({ message: z.string().optional(), errors: z.array(z.object({ reason: z.string() })).optional() });

/** Only ever GET: nothing is ordered, nothing is changed. */
export function reader({ origin, token, variable }: Endpoint): Read {
  return async (path) => {
    const about = `GET ${origin}${path.split("?")[0] ?? ""}`;
    const response = await fetch(`${origin}${path}`, { headers: { authorization: `Bearer ${token}` }, signal: AbortSignal.timeout(limitMs) })
      .catch((error: unknown) => {
        const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : error instanceof Error ? error.message : String(error);
        throw new UserError(`${about}: no answer (${cause})`);
      });
    if (response.status === 404) return null;
    const body: unknown = await response.json().catch(() => ({}));
    if (response.ok) return body;
    if (response.status === 401) throw new UserError(`the token in ${variable} is not valid, or no more: make another in the cloud's console`);
    if (response.status === 403) throw new UserError(`${about}: the token in ${variable} may not read this; give it the scope, or take one that may read everything`);
    const parsed = errorSchema.safeParse(body);
    const said = parsed.data?.message ?? parsed.data?.errors?.map(({ reason }) => reason).join("; ");
    throw new UserError(`${about}: status ${response.status}${said ? ` (${said})` : ""}`);
  };
}
