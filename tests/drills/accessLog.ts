import { z } from "zod";

const lineSchema = z.object({
  /** When the request began, in seconds since 1970. */
  time: z.number(),
  method: z.string(),
  status: z.number(),
  /** The last one that it was given to: `app-1:10.10.0.5:blue`. */
  server: z.string(),
  /** Milliseconds; -1 when there never was a connection to the server. */
  connect: z.number(),
  /** HAProxy's word for how it ended. */
  end: z.string(),
});
export type Line = z.infer<typeof lineSchema>;

/** Lines of an access log that can be read as a request's. */
export const linesOf = (text: string): Line[] => text.split("\n").flatMap((line) => {
  if (!line.startsWith("{")) return [];
  const parsed = lineSchema.safeParse(JSON.parse(line));
  return parsed.success ? [parsed.data] : [];
});

/** Whether nobody can know if the machine acted on it: it had been sent there. */
export const wasSentTo = (machine: string, { server, connect }: Pick<Line, "server" | "connect">): boolean =>
  server.startsWith(`${machine}:`) && connect >= 0;
