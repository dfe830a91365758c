import { type StorageKey } from "../datacenter.ts";
import { type Target } from "./target.ts";

export type Permission = StorageKey["grants"][number]["permission"];

/** What a request needs; bucket null means the account itself. */
export interface Need {
  bucket: string | null;
  permission: Permission;
}

const strength: Record<Permission, number> = { read: 1, readwrite: 2, fullaccess: 3 };

/** @param copySource bucket that a server-side copy reads from */
export function needsOf(method: string, { bucket, key, query }: Target, copySource: string | null = null): Need[] {
  const reads = method === "GET" || method === "HEAD" || method === "OPTIONS";
  if (bucket === null) return [{ bucket, permission: reads ? "read" : "fullaccess" }];
  if (reads) return [{ bucket, permission: "read" }];
  if (key === null) {
    // Deleting many objects is the one thing a POST on a bucket may do; all else creates, ends or configures the bucket.
    return [{ bucket, permission: method === "POST" && query.has("delete") ? "readwrite" : "fullaccess" }];
  }
  const write: Need = { bucket, permission: "readwrite" };
  return copySource === null ? [write] : [write, { bucket: copySource, permission: "read" }];
}

/** A grant on the empty bucket is one on all of them and on the account. */
export function allows(grants: StorageKey["grants"], need: Need): boolean {
  return grants.some(
    (grant) => (grant.bucket === "" || grant.bucket === need.bucket) && strength[grant.permission] >= strength[need.permission],
  );
}
