import { createHash } from "node:crypto";
import { file, type RenderedFile } from "./renderedFile.ts";
import { render } from "./templates.ts";

export const revisionPath = "/etc/quickcart/revision";

/** A shell script that writes these files; a reader sees a file's old content or the new, never half of it. */
export function writingScript(files: readonly RenderedFile[]): string {
  return render("base/setup.sh", { files });
}

/** Adds the file by which a machine, and whoever would change it, knows what it was given. */
export function withRevision(files: readonly RenderedFile[]): RenderedFile[] {
  const digest = createHash("sha256").update(writingScript(files)).digest("hex");
  return [...files, file(revisionPath, `${digest}\n`)];
}
