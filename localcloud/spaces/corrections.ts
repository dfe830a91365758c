import { SpacesError } from "./errors.ts";
import { type Target } from "./target.ts";

/**
 * Where Spaces answers differently from the S3 server behind. Only answers are corrected, so that the server has checked
 * the signature first.
 *
 * @param lifecycle the bucket's rules, which that server does not keep; null: there are none
 */
export function correction(method: string, target: Target, status: number, region: string, lifecycle: string | null): { status: number; body: string } | null {
  if (target.bucket === null || target.key !== null) return null;
  if (method === "GET" && target.query.has("location") && status === 200) {
    // The plugin takes any other region than the bucket's own for a change that needs a new bucket.
    const body = `<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${region}</LocationConstraint>`;
    return { status: 200, body };
  }
  if (target.query.has("lifecycle") && status === 501) {
    // The plugin reads the rules of every bucket and takes 501 for fatal.
    if (method === "PUT") return { status: 200, body: "" };
    if (method === "GET") {
      if (lifecycle !== null) return { status: 200, body: lifecycle };
      const none = new SpacesError(404, "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist.");
      return { status: 404, body: none.toXml("", region) };
    }
    if (method === "DELETE") return { status: 204, body: "" };
  }
  return null;
}
