import { type IncomingHttpHeaders } from "node:http";
import { SpacesError } from "./errors.ts";

export interface Claim {
  accessKey: string;
  region: string;
}

/**
 * Who the request says it is from; null for an unsigned one. Whether it is true the S3 server checks by the signature.
 * Two claims in one request are refused, else we could judge by one and the server by the other.
 */
export function readClaim(headers: IncomingHttpHeaders, query: URLSearchParams): Claim | null {
  const header = headers.authorization;
  const signed = [...query.keys()].filter((name) => /^x-amz-(algorithm|credential|signature)$/i.test(name));
  if (header !== undefined && signed.length > 0) {
    throw new SpacesError(400, "InvalidArgument", "Only one auth mechanism is allowed: the Authorization header or the query.");
  }
  if (new Set(signed.map((name) => name.toLowerCase())).size !== signed.length) {
    throw new SpacesError(400, "InvalidArgument", "A signed query must name each of its parameters once.");
  }
  if (header !== undefined) return claimOf(/Credential=([^,\s]+)/.exec(header)?.[1]);
  if (signed.length === 0) return null;
  return claimOf(query.get("X-Amz-Credential") ?? undefined);
}

/** `KEY/20260102/fra1/s3/aws4_request` */
function claimOf(credential: string | undefined): Claim {
  const parts = credential?.split("/") ?? [];
  const [accessKey, , region] = parts;
  if (parts.length !== 5 || accessKey === undefined || region === undefined) {
    throw new SpacesError(400, "AuthorizationHeaderMalformed", "Only AWS Signature Version 4 is served, with a credential KEY/DATE/REGION/s3/aws4_request.");
  }
  return { accessKey, region };
}
