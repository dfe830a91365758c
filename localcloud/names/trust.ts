import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { readTextIfThere, writeFileAtomic } from "../files.ts";

const bundle = "etc/ssl/certs/ca-certificates.crt";

/**
 * A layer for machines' root file systems that makes them trust the cloud's authority: its certificate where
 * update-ca-certificates finds it, and in the bundle that it would write.
 *
 * @param image root of the image that comes below
 */
export async function writeTrustLayer(layer: string, certificate: string, image: string): Promise<void> {
  const certificates = join(layer, "usr/local/share/ca-certificates");
  await mkdir(certificates, { recursive: true, mode: 0o755 });
  await mkdir(join(layer, "etc/ssl/certs"), { recursive: true, mode: 0o755 });
  await writeFileAtomic(join(certificates, "quickcart-local.crt"), certificate, 0o644);
  const known = (await readTextIfThere(join(image, bundle))) ?? "";
  await writeFileAtomic(join(layer, bundle), known + certificate, 0o644);
}
