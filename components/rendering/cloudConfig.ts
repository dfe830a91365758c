import { gzipSync, strToU8 } from "fflate";
import type { RenderedFile } from "./renderedFile.ts";
import { render } from "./templates.ts";

/** What cloud-init is to write, as YAML. */
export function cloudConfig(files: readonly RenderedFile[]): string {
  return render("base/cloud-config.yaml", { files: files.map((file) => ({ ...file, content: indented(file.content) })) });
}

/**
 * The same as a MIME message, which cloud-init unpacks by itself on every cloud
 * (https://docs.cloud-init.io/en/latest/explanation/format.html). A third of the size. Not by Node's own zlib: its bytes may
 * change with Node, and machines would be replaced for nothing.
 */
export function compressed(config: string): string {
  const body = Buffer.from(gzipSync(strToU8(config), { level: 9, mem: 12, mtime: 0 })).toString("base64");
  // RFC 2045: lines of 76 characters.
  return ["MIME-Version: 1.0", "Content-Type: application/gzip", "Content-Transfer-Encoding: base64", "", ...body.match(/.{1,76}/g) ?? [], ""].join("\n");
}

/** As a YAML block scalar wants it. */
function indented(content: string): string {
  return content.trimEnd().split("\n").map((line) => line === "" ? "" : `      ${line}`).join("\n");
}
