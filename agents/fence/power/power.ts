import type { CloudApiOptions, Progress } from "../../api/cloud.ts";

/** Machines' power in one cloud. Every call rejects with an ApiError when the cloud refuses or is silent. */
export interface Power {
  /** Resolves once the cloud has accepted that, with what to ask `progress` for; null when it is off already. */
  off(machine: string): Promise<string | null>;
  /** The same; null when it is on already. */
  on(machine: string): Promise<string | null>;
  progress(machine: string, change: string): Promise<Progress>;
  /** As the cloud says, which of a machine that lost its power by itself still says that it is on. */
  isOff(machine: string): Promise<boolean>;
  /** Closes the connections that are kept warm. */
  close(): void;
}

export type PowerOptions = Omit<CloudApiOptions, "advice">;
