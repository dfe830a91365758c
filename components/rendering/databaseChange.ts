import { ports } from "../ports.ts";
import { databaseTls, etcdEndpoints } from "./databaseFiles.ts";
import { appliedPath } from "./plan.ts";
import { render } from "./templates.ts";

export interface MemberRevision {
  /** Such as `db-1`. */
  readonly name: string;
  readonly revision: string;
}

/**
 * A shell script that changes this member of the database in place, with its files on standard input.
 *
 * @param all what every member is to become, this one among them: the primary waits for the others
 * @param ready the check whether a member does its work
 */
export function databaseChange(own: MemberRevision, all: readonly MemberRevision[], ready: string): string {
  return render("db/change.sh", {
    ...own, ready, ports, tls: databaseTls.root, applied: appliedPath,
    others: all.filter(({ name }) => name !== own.name),
    endpoints: etcdEndpoints(all.length),
  });
}
