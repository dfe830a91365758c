import { createHash } from "node:crypto";
import { z } from "zod";
import type { Cloud } from "../cloud.ts";
import { notFound, unprocessable } from "../http/errors.ts";
import { paginate } from "../http/pagination.ts";
import { param, route, routeWithBody, type Call, type Route } from "../http/route.ts";
import type { SshKey } from "../state/schema.ts";

const createSchema = z.strictObject({ name: z.string().min(1), public_key: z.string().min(1) });
const updateSchema = z.strictObject({ name: z.string().min(1) });

export function sshKeyRoutes(cloud: Cloud): Route[] {
  const { state } = cloud;
  const one = "/v2/account/keys/{ssh_key_identifier}";
  const find = (call: Call<unknown>): SshKey => {
    const key = findKey(state.keys, param(call, "ssh_key_identifier"));
    if (key === undefined) throw notFound();
    return key;
  };
  return [
    // This list has a limit of its own on the real API.
    route({ method: "GET", path: "/v2/account/keys", scopes: ["ssh_key:read"], limit: { requests: 10, seconds: 60 } }, (call) => ({
      status: 200,
      body: paginate("ssh_keys", state.keys, view, call),
    })),
    routeWithBody({ method: "POST", path: "/v2/account/keys", scopes: ["ssh_key:create"], body: createSchema }, ({ body }) => {
      const key: SshKey = {
        id: state.nextId.key,
        name: body.name,
        // Byte for byte, comment included: the official provider compares it.
        publicKey: body.public_key,
        fingerprint: fingerprintOf(body.public_key),
      };
      if (state.keys.some((other) => other.fingerprint === key.fingerprint)) {
        throw unprocessable("SSH Key is already in use on your account");
      }
      state.nextId.key += 1;
      state.keys.push(key);
      return { status: 201, body: { ssh_key: view(key) } };
    }),
    route({ method: "GET", path: one, scopes: ["ssh_key:read"] }, (call) => ({ status: 200, body: { ssh_key: view(find(call)) } })),
    routeWithBody({ method: "PUT", path: one, scopes: ["ssh_key:update"], body: updateSchema }, (call) => {
      const key = find(call);
      key.name = call.body.name;
      return { status: 200, body: { ssh_key: view(key) } };
    }),
    route({ method: "DELETE", path: one, scopes: ["ssh_key:delete"] }, (call) => {
      state.keys.splice(state.keys.indexOf(find(call)), 1);
      return { status: 204 };
    }),
  ];
}

/** By id, in either notation, or by fingerprint. */
export function findKey(keys: SshKey[], identifier: string | number): SshKey | undefined {
  return keys.find((key) => String(key.id) === String(identifier) || key.fingerprint === identifier);
}

function view(key: SshKey): Record<string, unknown> {
  return { id: key.id, fingerprint: key.fingerprint, public_key: key.publicKey, name: key.name };
}

/** MD5 of the key's blob, as OpenSSH's `-E md5` prints it. Throws when the text is no OpenSSH public key. */
function fingerprintOf(publicKey: string): string {
  const [type, encoded] = publicKey.trim().split(/\s+/);
  const blob = Buffer.from(encoded ?? "", "base64");
  const named = blob.length > 4 ? blob.subarray(4, 4 + blob.readUInt32BE(0)).toString("latin1") : "";
  if (type === undefined || named !== type || !/^(ssh-(ed25519|rsa|dss)|ecdsa-sha2-nistp(256|384|521)|sk-.+@openssh\.com)$/.test(type)) {
    throw unprocessable("Key invalid, key should be of the format `ssh-rsa AAAA... comment`: public_key is no OpenSSH public key.");
  }
  return createHash("md5").update(blob).digest("hex").replace(/(..)(?=.)/g, "$1:");
}
