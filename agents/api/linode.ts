import * as z from "zod";
import { ApiClient } from "./client.ts";
import type { CloudApiOptions } from "./cloud.ts";

const refusalSchema = z.object({ errors: z.array(z.object({ reason: z.string(), field: z.string().optional() })).min(1) });

export function linodeApi({ token, origin = "https://api.linode.com", timeoutMs = 10_000, advice }: CloudApiOptions): ApiClient {
  return new ApiClient({
    origin, timeoutMs,
    headers: { authorization: `Bearer ${token}` },
    explain(status, body) {
      const parsed = refusalSchema.safeParse(body);
      const words = parsed.success
        ? parsed.data.errors.map(({ field, reason }) => field === undefined ? reason : `${field}: ${reason}`).join("; ")
        : "without words";
      return `${words}${advice[status] ?? ""}`;
    },
  });
}
