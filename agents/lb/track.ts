import { readIfThere, writeAtomically } from "../files.ts";
import { type Verdict, trackWeight } from "./health.ts";

/** Tells keepalived, which watches the file. Again when somebody else has written another word. */
export async function writeTrack(path: string, verdict: Pick<Verdict, "fine">): Promise<void> {
  const content = trackWeight(verdict);
  if (await readIfThere(path) !== content) await writeAtomically(path, content);
}
