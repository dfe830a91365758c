import { SpacesError } from "./errors.ts";

export interface Target {
  bucket: string | null;
  /** null when the request is about the bucket itself. */
  key: string | null;
  query: URLSearchParams;
}

const bucketName = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;

/**
 * What a request is about, by virtual-host (`shop.fra1...`) or path addressing. Whatever the server behind might read
 * differently is refused here, for a grant would otherwise be checked on one bucket and used on another.
 */
export function readTarget(host: string, url: string, suffix: string): Target {
  if (!url.startsWith("/")) throw new SpacesError(400, "InvalidURI", "Absolute-form requests are not served.");
  const [rawPath = "/", ...rest] = url.split("?");
  const query = new URLSearchParams(rest.join("?"));
  const name = host.replace(/:\d+$/, "").toLowerCase();
  if (name === suffix) {
    const [bucket = "", ...key] = rawPath.slice(1).split("/");
    if (bucket === "") {
      if (rawPath !== "/") throw new SpacesError(400, "InvalidURI", "A path begins with one slash and the bucket's name.");
      return { bucket: null, key: null, query };
    }
    return { bucket: checkBucket(decode(bucket)), key: keyOf(key.join("/")), query };
  }
  if (!name.endsWith(`.${suffix}`)) {
    throw new SpacesError(404, "NoSuchBucket", `This server is ${suffix}; it does not know the host ${name}.`);
  }
  return { bucket: checkBucket(name.slice(0, -suffix.length - 1)), key: keyOf(rawPath.slice(1)), query };
}

/** The header of a server-side copy: `/bucket/key` or `bucket/key`, percent-encoded, perhaps with `?versionId=`. */
export function readCopySource(header: string): { bucket: string; key: string } {
  const [path = ""] = header.replace(/^\//, "").split("?");
  const [bucket = "", ...rest] = decode(path).split("/");
  const key = keyOf(rest.map(encodeURIComponent).join("/"));
  if (key === null) throw new SpacesError(400, "InvalidArgument", "x-amz-copy-source must be /bucket/key.");
  return { bucket: checkBucket(bucket), key };
}

function keyOf(raw: string): string | null {
  const key = decode(raw);
  if (key.split("/").some((part) => part === "." || part === "..")) {
    throw new SpacesError(400, "InvalidURI", "A key must not hold \".\" or \"..\" between slashes.");
  }
  return key === "" ? null : key;
}

function checkBucket(name: string): string {
  if (!bucketName.test(name)) {
    throw new SpacesError(400, "InvalidBucketName", "A bucket's name has 3-63 characters, a-z, 0-9 and \"-\", and no \"-\" at its ends.");
  }
  return name;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new SpacesError(400, "InvalidURI", "Couldn't parse the specified URI.");
  }
}
