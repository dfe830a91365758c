import { type Operation } from "../core/resource.ts";
import { type Spaces } from "./spaces.ts";
import { findAll, findText, parseXml, renderXml, s3Namespace, type XmlNode } from "./xml.ts";

export interface Place {
  region: string;
  bucket: string;
}

export interface ObjectVersion {
  key: string;
  versionId: string;
}

/** Every version and delete marker, page by page. */
export async function listVersions(spaces: Spaces, place: Place, prefix: string | undefined, operation: Operation): Promise<ObjectVersion[]> {
  const found: ObjectVersion[] = [];
  let marker: Record<string, string> = {};
  for (;;) {
    const query = { ...(prefix === undefined ? {} : { prefix }), versions: "", ...marker };
    const answer = await spaces.call("GET", { ...place, key: "", query }, operation);
    const page = parseXml(answer.body.toString("utf8"));
    found.push(...[...findAll(page, "Version"), ...findAll(page, "DeleteMarker")].map(versionOf));
    const nextKey = findText(page, "NextKeyMarker");
    if (findText(page, "IsTruncated") !== "true" || nextKey === undefined) return found;
    marker = { "key-marker": nextKey, "version-id-marker": findText(page, "NextVersionIdMarker") ?? "" };
  }
}

function versionOf(node: XmlNode): ObjectVersion {
  return { key: findText(node, "Key") ?? "", versionId: findText(node, "VersionId") ?? "null" };
}

/** As many as S3 deletes in one request. */
const batch = 1000;

export async function deleteVersions(spaces: Spaces, place: Place, versions: ObjectVersion[], operation: Operation): Promise<void> {
  for (let i = 0; i < versions.length; i += batch) {
    const body = renderXml(["Delete", versions.slice(i, i + batch).map(({ key, versionId }) => ["Object", [["Key", key], ["VersionId", versionId]]] as const)], s3Namespace);
    const answer = await spaces.call("POST", { ...place, key: "", query: { delete: "" }, body, md5: true }, operation);
    const [refused] = findAll(parseXml(answer.body.toString("utf8")), "Error");
    if (refused) throw new Error(`object '${findText(refused, "Key") ?? "?"}' of bucket '${place.bucket}' could not be deleted: ${findText(refused, "Code") ?? refused.text}`);
  }
}
