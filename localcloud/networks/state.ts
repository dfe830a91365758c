import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";

const faultSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("partition"),
    from: z.number(),
    to: z.number().nullable(),
    only: z.object({ protocol: z.enum(["tcp", "udp"]), port: z.number() }).nullable(),
  }),
  z.object({ kind: z.literal("loss"), machine: z.number(), percent: z.number() }),
]);

const ruleSchema = z.object({
  protocol: z.enum(["tcp", "udp", "icmp"]),
  ports: z.object({ from: z.number(), to: z.number() }).nullable(),
  peers: z.object({ cidrs: z.array(z.string()), machines: z.array(z.number()) }),
});

const stateSchema = z.object({
  vpcs: z.array(z.object({ id: z.string(), cidr: z.string() })),
  machines: z.array(z.object({
    id: z.number(),
    nics: z.object({
      public: z.object({ mac: z.string(), address: z.string(), anchorAddress: z.string() }).nullable(),
      private: z.object({ mac: z.string(), vpcId: z.string(), address: z.string(), prefix: z.number() }),
    }),
  })),
  firewalls: z.array(z.object({
    id: z.string(),
    members: z.array(z.number()),
    inbound: z.array(ruleSchema),
    outbound: z.array(ruleSchema),
  })),
  reserved: z.array(z.object({ address: z.string(), machine: z.number() })),
  faults: z.array(faultSchema),
});

/** All that the kernel's rules are compiled from. */
export type NetworkState = z.infer<typeof stateSchema>;
export type Fault = z.infer<typeof faultSchema>;

export const emptyState: NetworkState = { vpcs: [], machines: [], firewalls: [], reserved: [], faults: [] };

/**
 * Remembers the state beside the kernel's: a daemon that starts again goes on from exactly the rules that are in
 * force, instead of from none while the API tells it one by one what exists. It belongs in /run, which ends with
 * the kernel that it describes.
 */
export class StateFile {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** The empty state if there is no file. */
  read(): NetworkState {
    let text: string;
    try {
      text = readFileSync(this.#path, "utf8");
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return emptyState;
      throw error;
    }
    try {
      return stateSchema.parse(JSON.parse(text));
    } catch (error) {
      throw new Error(`${this.#path} cannot be read as the networks' state; remove the local cloud and raise it again`, { cause: error });
    }
  }

  write(state: NetworkState): void {
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    const next = `${this.#path}.next`;
    writeFileSync(next, JSON.stringify(state), { mode: 0o600 });
    renameSync(next, this.#path);
  }

  remove(): void {
    rmSync(this.#path, { force: true });
  }
}
