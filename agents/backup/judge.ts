/** Whether the database can be brought back to a moment. Asked before anything is touched. */
import { parseDocument } from "../follow.ts";
import { Documents } from "./bucket.ts";
import { documentKeys, markSchema, ownerSchema } from "./documents.ts";
import { type Archive, readArchive } from "./info.ts";
import type { BackupSettings } from "./settings.ts";

export interface Known {
  readonly stack: string;
  /** Whose the bucket says it is; null: it says nothing. */
  readonly owner: string | null;
  readonly backups: Archive["backups"];
  /** Until when everything is known to be archived. */
  readonly until: Date | null;
}

export interface Judgement {
  readonly refused: string | null;
  /** Between these a restore can go to any moment. */
  readonly from: string | null;
  readonly until: string | null;
}

/** Pure. @param wanted null: as far as the archive goes */
export function judge(wanted: Date | null, { stack, owner, backups, until }: Known): Judgement {
  const first = backups.map(({ ended }) => ended).toSorted((a, b) => a.getTime() - b.getTime())[0];
  return { refused: refusal(), from: first?.toISOString() ?? null, until: until?.toISOString() ?? null };

  function refusal(): string | null {
    if (owner === null) return "the bucket does not say whose it is (quickcart/owner.json is missing): it is not this stack's";
    if (owner !== stack) return `the bucket holds the backups of the stack ${owner}, not of ${stack}`;
    if (first === undefined) return "there is no backup yet";
    if (wanted === null) return null;
    if (wanted < first) return `${wanted.toISOString()} is before the end of the first backup that is kept, ${first.toISOString()}`;
    if (until === null || wanted > until) return `the archive is known to reach ${until?.toISOString() ?? "no moment yet"}, and not ${wanted.toISOString()}; TO=latest goes as far as there is anything`;
    return null;
  }
}

export async function judgeRestore({ stack, storages }: BackupSettings, wanted: Date | null): Promise<Judgement> {
  const documents = new Documents(storages);
  const [owner, mark, archive] = await Promise.all([documents.read(documentKeys.owner), documents.read(documentKeys.mark), readArchive()]);
  return judge(wanted, {
    stack, backups: archive.backups,
    owner: owner === null ? null : parseDocument(ownerSchema, owner).stack,
    until: mark === null ? null : new Date(parseDocument(markSchema, mark).until),
  });
}
