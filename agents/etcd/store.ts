/** What an etcd cluster can be asked, in the words that its users need. Revisions and leases are etcd's own 64-bit numbers, as text. */

export interface Entry {
  key: string;
  value: string;
  /** Of the cluster, when the key was last written: two that are alike are the same writing. */
  revision: string;
}

/** What must hold for a transaction to be carried out. */
export type Condition =
  | { kind: "absent"; key: string }
  /** Nobody has written or removed it since. */
  | { kind: "unchanged"; key: string; revision: string }
  /** Nobody has written any key that begins so after that revision; one that was removed goes unnoticed. */
  | { kind: "quiet"; prefix: string; revision: string };

export type Operation =
  | { kind: "get"; key: string }
  | { kind: "list"; prefix: string }
  /** With a lease the key lives as long as that does. */
  | { kind: "put"; key: string; value: string; lease?: string }
  | { kind: "remove"; key: string };

export interface Outcome {
  /** Whether all conditions held; otherwise nothing was done. */
  done: boolean;
  /** Of the cluster, at this moment. */
  revision: string;
  /** What each operation found, in their order; nothing for those that write. */
  found: Entry[][];
}

/** Every call rejects with an ApiError when etcd refuses, is silent or has no quorum. */
export interface Store {
  /** All or nothing, and up to date: it wants the quorum also when it only reads. */
  transact(conditions: readonly Condition[], operations: readonly Operation[]): Promise<Outcome>;
  grant(seconds: number): Promise<string>;
  /** False when the lease has run out. */
  keepAlive(lease: string): Promise<boolean>;
  /** Removes what was put with it. */
  revoke(lease: string): Promise<void>;
}
