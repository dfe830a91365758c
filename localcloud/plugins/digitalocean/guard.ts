import { lookup as resolve, type LookupAddress } from "node:dns";
import { isIP, type LookupFunction } from "node:net";

/** 198.18.0.0/15, where the local cloud's public addresses are (RFC 2544: never routed), and the loopback interface. */
const allowed: readonly { first: number; bits: number; cidr: string }[] = [
  { first: toNumber("198.18.0.0"), bits: 15, cidr: "198.18.0.0/15" },
  { first: toNumber("127.0.0.0"), bits: 8, cidr: "127.0.0.0/8" },
];

export class ForeignEndpoint extends Error {}

function toNumber(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function isLocalCloud(address: string): boolean {
  if (isIP(address) !== 4) return false;
  const number = toNumber(address);
  return allowed.some(({ first, bits }) => Math.floor(number / 2 ** (32 - bits)) === Math.floor(first / 2 ** (32 - bits)));
}

function refuse(host: string, addresses: string[]): ForeignEndpoint {
  const seen = addresses.join(", ");
  return new ForeignEndpoint(
    `${host} ${seen === host ? "" : `is ${seen}, which `}is not the local cloud (${allowed.map(({ cidr }) => cidr).join(", ")}): stand-in plugins never build on a real cloud. ` +
    "Run pulumi inside the local cloud (`localcloud exec -- pulumi ...`), or install the official digitalocean plugin.",
  );
}

/** Throws for a host given by address; a name is judged where it is resolved, at every connection (`guardedLookup`). */
export function guardHost(host: string): void {
  const bare = host.replace(/^\[|\]$/g, "");
  if (isIP(bare) !== 0 && !isLocalCloud(bare)) throw refuse(bare, [bare]);
}

/** Resolves names for sockets, and lets none connect elsewhere: there is no moment between the check and the connection. */
export const guardedLookup: LookupFunction = (host, options, callback) => {
  // RFC 6761: these names are this machine, wherever the resolver would look for them.
  const name = host.endsWith(".localhost") ? "127.0.0.1" : host;
  resolve(name, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    if (error) {
      callback(error, "");
      return;
    }
    const foreign = addresses.some(({ address }) => !isLocalCloud(address));
    const [first] = addresses;
    if (foreign || !first) callback(refuse(host, addresses.map(({ address }) => address)), "");
    else if (options.all) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
};
