import type { CloudApiOptions, Progress } from "../../api/cloud.ts";

/** What the cloud says of the floating address. */
export type Holding =
  | { state: "free" }
  /** An action is under way: the cloud does not say where to. */
  | { state: "moving" }
  | {
    state: "held";
    /** As the cloud's API names machines. */
    id: string;
    /** The holder's own public address, at which it can be asked whether it serves. */
    publicAddress: string | null;
  };

/** The floating address in one cloud. Every call rejects with an ApiError when the cloud refuses or is silent. */
export interface FloatingAddress {
  holding(): Promise<Holding>;
  /** Moves it to this machine. Resolves once the cloud has accepted that, with what to ask `progress` for; null when it is done already. */
  claim(): Promise<string | null>;
  progress(move: string): Promise<Progress>;
  /** Closes the connections that are kept warm. */
  close(): void;
}

export interface FloatingAddressOptions extends Omit<CloudApiOptions, "advice"> {
  floatingAddress: string;
  /** This machine, as the cloud's API names it. */
  instanceId: string;
}
