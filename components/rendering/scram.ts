import { createHash, createHmac, pbkdf2Sync } from "node:crypto";

const iterations = 4096;

/**
 * What PostgreSQL keeps of a password (RFC 5803). Its salt follows from the role and the password: the same every time, so that
 * setting it again changes nothing. PgBouncer logs in with what its clients proved, which holds as long as this does.
 */
export function scramVerifier(role: string, password: string): string {
  const salt = createHash("sha256").update(`quickcart ${role} ${password}`).digest().subarray(0, 16);
  const salted = pbkdf2Sync(password, salt, iterations, 32, "sha256");
  const keyed = (text: string): Buffer => createHmac("sha256", salted).update(text).digest();
  const storedKey = createHash("sha256").update(keyed("Client Key")).digest("base64");
  return `SCRAM-SHA-256$${iterations}:${salt.toString("base64")}$${storedKey}:${keyed("Server Key").toString("base64")}`;
}
