/**
 * The seam on Linode: firewall rules know addresses only, so each tier has a subnet of its own, and every instance
 * carries its tier's firewall from its first moment.
 */
import { Firewall } from "@pulumi/linode/firewall.js";
import { Instance } from "@pulumi/linode/instance.js";
import { NetworkingIp } from "@pulumi/linode/networkingIp.js";
import { ObjectStorageBucket } from "@pulumi/linode/objectStorageBucket.js";
import { ObjectStorageKey } from "@pulumi/linode/objectStorageKey.js";
import { ObjectStorageObject } from "@pulumi/linode/objectStorageObject.js";
import { Volume } from "@pulumi/linode/volume.js";
import { Vpc } from "@pulumi/linode/vpc.js";
import { VpcSubnet } from "@pulumi/linode/vpcSubnet.js";
import { type Output, type Resource, all, output, secret } from "@pulumi/pulumi";
import { type Tier, tiers } from "../accessMatrix.ts";
import { formatCidr, parseCidr, part } from "../cidr.ts";
import { type FirewallRule, type TierRules } from "../firewallRules.ts";
import { formatPorts } from "../ports.ts";
import {
  type Bucket, type BucketArgs, type Cloud, type CloudArgs, type CloudNetwork, type CloudTier, type Options, type Server, type ServerArgs,
} from "./cloud.ts";
import { pulumiOptions } from "./options.ts";

/** Six tiers need eight parts: three bits. */
const tierBits = 3;

/** What the seam was given, and the addresses that it has made since. */
interface Account extends CloudArgs {
  /** An instance that claimed one lists it among its own. */
  readonly floating: Output<string>[];
}

export function linode(args: CloudArgs): Cloud {
  const cloud: Account = { ...args, floating: [] };
  return {
    name: "linode",
    network: (name, { cidr }, opts) => network(cloud, name, cidr, opts),
    // Instances take the key's text itself.
    loginKey: (_name, publicKey) => ({ reference: publicKey }),
    floatingAddress(name, opts) {
      const { address } = new NetworkingIp(name, { type: "ipv4", public: true, reserved: true, region: cloud.region }, pulumiOptions(opts));
      cloud.floating.push(address);
      return address;
    },
    bucket: (name, args, opts) => bucket(cloud, name, args, opts),
  };
}

/** @returns the tier's own part of the private network */
export function tierSubnet(cidr: string, tier: Tier): string {
  const range = parseCidr(cidr);
  if (range === null) throw new RangeError(`${cidr} is no IPv4 range`);
  return formatCidr(part(range, tierBits, tiers.indexOf(tier)));
}

function network(cloud: Account, name: string, cidr: string, opts: Options): CloudNetwork {
  const vpc = new Vpc(name, { label: cloud.siteName, region: cloud.region }, pulumiOptions(opts));
  return {
    tier(tier, rules, tierOpts) {
      const subnet = new VpcSubnet(`${name}-${tier}`, { vpcId: vpc.id.apply(Number), label: tier, ipv4: tierSubnet(cidr, tier) }, pulumiOptions(tierOpts));
      return joinable(cloud, cidr, subnet, tier, rules, tierOpts);
    },
    natGateway() {
      throw new Error("Linode's provider has no NAT gateway: set quickcart:egress to bastions");
    },
  };
}

function joinable(cloud: Account, cidr: string, subnet: VpcSubnet, tier: Tier, rules: TierRules, opts: Options): CloudTier {
  // No `ipv6s`, not even an empty list: the API does not echo it, which would be a difference for ever.
  const accept = (rule: FirewallRule) => ({
    label: `${rule.protocol}-${formatPorts(rule.ports)}`,
    action: "ACCEPT",
    protocol: rule.protocol.toUpperCase(),
    ports: formatPorts(rule.ports),
    ipv4s: [...rule.peers.cidrs, ...rule.peers.tiers.map((peer) => tierSubnet(cidr, peer))],
  });
  const firewall = new Firewall(`${tier}-firewall`, {
    label: `${cloud.siteName}-${tier}`,
    inboundPolicy: "DROP",
    outboundPolicy: "DROP",
    inbounds: rules.inbound.map(accept),
    outbounds: rules.outbound.map(accept),
    tags: [cloud.siteName],
  }, pulumiOptions(opts));
  return { server: (name, args, serverOpts) => server(cloud, subnet, firewall, tier, name, args, serverOpts) };
}

function server(
  cloud: Account, subnet: VpcSubnet, firewall: Firewall, tier: Tier, name: string, args: ServerArgs, opts: Options,
): Server {
  const instance = new Instance(name, {
    // Unique in the account.
    label: `${cloud.siteName}-${name}`,
    region: cloud.region,
    image: cloud.image,
    type: args.size,
    tags: [cloud.siteName, tier],
    authorizedKeys: [args.loginKey.reference],
    firewallId: firewall.id.apply(Number),
    interfaces: [
      ...(args.publicInterface ? [{ purpose: "public", primary: true }] : []),
      { purpose: "vpc", subnetId: subnet.id.apply(Number), primary: !args.publicInterface },
    ],
    metadatas: [{ userData: args.userData.apply((text) => Buffer.from(text, "utf8").toString("base64")) }],
    booted: true,
    // Resizing leaves the disk alone, so that it can be undone.
    resizeDisk: false,
  }, {
    ...pulumiOptions(opts),
    // Labels are unique, so `newFirst` cannot be had; an instance is always shut down by its deletion.
    deleteBeforeReplace: true,
    ...args.replacedForSize ? { replaceOnChanges: ["type"] } : {},
    ...args.stateful ? { protect: args.stateful.protect, ignoreChanges: ["metadatas", "image", "authorizedKeys"] } : {},
  });
  return {
    id: instance.id,
    resource: instance,
    privateAddress: instance.interfaces.apply((interfaces) => {
      const address = interfaces?.find(({ purpose }) => purpose === "vpc")?.ipv4?.vpc;
      if (address === undefined) throw new Error(`Linode gave ${name} no address in its VPC`);
      return address;
    }),
    publicAddress: args.publicInterface
      ? all([instance.ipv4s, all(cloud.floating)]).apply(([addresses, floating]) => addresses.find((one) => isPublic(one) && !floating.includes(one)) ?? null)
      : output(null),
    volume(volumeName, { sizeGiB }, volumeOpts) {
      const volume = new Volume(volumeName, {
        label: `${cloud.siteName}-${volumeName}`, region: cloud.region, size: sizeGiB, linodeId: instance.id.apply(Number), tags: [cloud.siteName],
      }, pulumiOptions(volumeOpts));
      return { id: volume.id, resource: volume };
    },
  };
}

/** Linode's own private network, which every instance may have besides, is 192.168.128.0/17. */
function isPublic(address: string): boolean {
  return !address.startsWith("192.168.");
}

function bucket(cloud: CloudArgs, name: string, args: BucketArgs, opts: Options): Bucket {
  const region = args.region ?? cloud.region;
  // Versioning is set through S3, which wants keys before there is a bucket to limit them to: the provider's own do it.
  const storage = new ObjectStorageBucket(name, {
    label: args.bucketName, region, acl: "private", ...(args.versioning ? { versioning: true } : {}),
    ...args.keptVersionDays === undefined ? {} : { lifecycleRules: [{ id: "old-versions", enabled: true, noncurrentVersionExpiration: { days: args.keptVersionDays } }] },
  }, { ...pulumiOptions(opts), ...args.content === "kept" ? { protect: true } : {} });
  const keyFor = (keyName: string, permissions: "read_only" | "read_write", keyOpts: Options) => {
    const key = new ObjectStorageKey(keyName, {
      label: keyName, bucketAccesses: [{ bucketName: storage.label, region, permissions }],
    }, { ...pulumiOptions(keyOpts), additionalSecretOutputs: ["secretKey"] });
    return { accessKey: key.accessKey, secretKey: secret(key.secretKey) };
  };
  const writer = keyFor(`${name}-writer`, "read_write", opts);
  return {
    name: storage.label,
    endpoint: storage.s3Endpoint,
    signingRegion: "us-east-1",
    upload(objectName, object, objectOpts): Resource {
      const body = "file" in object
        ? { source: object.file, contentType: "application/octet-stream" }
        : { content: object.content, contentType: object.contentType };
      return new ObjectStorageObject(objectName, { bucket: storage.label, region, acl: "private", key: object.key, ...writer, ...body }, pulumiOptions(objectOpts));
    },
    readKey: (keyName, keyOpts) => keyFor(keyName, "read_only", keyOpts),
    writeKey: (keyName, keyOpts) => keyFor(keyName, "read_write", keyOpts),
  };
}
