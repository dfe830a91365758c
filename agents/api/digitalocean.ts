import * as z from "zod";
import { ApiClient } from "./client.ts";
import type { CloudApiOptions, Progress } from "./cloud.ts";

const refusalSchema = z.object({ message: z.string() });

export function digitalOceanApi({ token, origin = "https://api.digitalocean.com", timeoutMs = 5_000, advice }: CloudApiOptions): ApiClient {
  return new ApiClient({
    origin, timeoutMs,
    headers: { authorization: `Bearer ${token}` },
    explain(status, body) {
      const parsed = refusalSchema.safeParse(body);
      return `${parsed.success ? parsed.data.message : "without words"}${advice[status] ?? ""}`;
    },
  });
}

/** https://docs.digitalocean.com/reference/api/reference/actions/ */
export const actionSchema = z.object({
  action: z.object({ id: z.int(), status: z.enum(["in-progress", "completed", "errored"]) }),
});
export type ActionAnswer = z.infer<typeof actionSchema>;

/** What to ask for its progress by; null when it is done already. */
export const underWay = ({ action }: ActionAnswer): string | null => action.status === "completed" ? null : String(action.id);

export const progressOf = ({ action }: ActionAnswer): Progress => progresses[action.status];

const progresses = { "in-progress": "moving", completed: "done", errored: "failed" } as const;
