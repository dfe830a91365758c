import { z } from "zod";

const endpoint = {
  host: z.string().min(1),
  user: z.string().optional(),
  port: z.int().min(1).max(65535).optional(),
  password: z.string().optional(),
  privateKey: z.string().optional(),
  privateKeyPassword: z.string().optional(),
  agentSocketPath: z.string().optional(),
  /** OpenSSH public key, or authorized_keys line, that the server must show. */
  hostKey: z.string().optional(),
  /** How many dials may fail; -1: any number. */
  dialErrorLimit: z.int().min(-1).optional(),
  /** Seconds for one dial; 0: no limit. */
  perDialTimeout: z.int().min(0).optional(),
};

export const connectionSchema = z.object({ ...endpoint, proxy: z.object(endpoint).optional() });
export type Connection = z.infer<typeof connectionSchema>;
export type Endpoint = Omit<Connection, "proxy">;
