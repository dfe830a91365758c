import { gunzipSync } from "node:zlib";
import { parse } from "yaml";

export interface CloudConfig {
  write_files: { path: string; permissions: string; content: string }[];
}

/** The YAML of user-data, whichever way it was sent. */
export function yamlOf(userData: string): string {
  if (userData.startsWith("#cloud-config\n")) return userData;
  const [head = "", body = ""] = userData.split("\n\n", 2);
  if (head !== "MIME-Version: 1.0\nContent-Type: application/gzip\nContent-Transfer-Encoding: base64") throw new Error(`no cloud-config: ${head}`);
  return gunzipSync(Buffer.from(body, "base64")).toString("utf8");
}

export function parseCloudConfig(userData: string): CloudConfig {
  return parse(yamlOf(userData)) as CloudConfig;
}
