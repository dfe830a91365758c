/**
 * The seam on DigitalOcean: tiers are tags, and firewalls follow tags.
 * Resources are imported one by one: the package's index loads all of its types, which costs every preview 0.1 s.
 */
import { Firewall } from "@pulumi/digitalocean/firewall.js";
import { Droplet } from "@pulumi/digitalocean/droplet.js";
import { ReservedIp } from "@pulumi/digitalocean/reservedIp.js";
import { SpacesBucket } from "@pulumi/digitalocean/spacesBucket.js";
import { SpacesBucketObject } from "@pulumi/digitalocean/spacesBucketObject.js";
import { SpacesKey } from "@pulumi/digitalocean/spacesKey.js";
import { SshKey } from "@pulumi/digitalocean/sshKey.js";
import { Tag } from "@pulumi/digitalocean/tag.js";
import { Volume } from "@pulumi/digitalocean/volume.js";
import { VolumeAttachment } from "@pulumi/digitalocean/volumeAttachment.js";
import { Vpc } from "@pulumi/digitalocean/vpc.js";
import { VpcNatGateway } from "@pulumi/digitalocean/vpcNatGateway.js";
import { output, secret } from "@pulumi/pulumi";
import { type Tier } from "../accessMatrix.ts";
import { type FirewallRule, type TierRules } from "../firewallRules.ts";
import { formatPorts } from "../ports.ts";
import {
  type Bucket, type BucketArgs, type Cloud, type CloudArgs, type CloudNetwork, type CloudTier, type Options, type Server, type ServerArgs,
} from "./cloud.ts";
import { pulumiOptions } from "./options.ts";

/** The plugin's own limit of a minute is less than systemd may give a service to stop, and running into it fails the whole run. */
const shutdownLimit = "5m";

/** Of the NAT gateway, in units of capacity; the smallest. */
const natGatewaySize = 1;

export function digitalocean(cloud: CloudArgs): Cloud {
  const { siteName, region } = cloud;
  return {
    name: "digitalocean",
    network: (name, { cidr }, opts) => network(cloud, name, cidr, opts),
    loginKey(name, publicKey, opts) {
      const key = new SshKey(name, { name: siteName, publicKey }, pulumiOptions(opts));
      return { reference: key.fingerprint };
    },
    floatingAddress: (name, opts) => new ReservedIp(name, { region }, pulumiOptions(opts)).ipAddress,
    bucket: (name, args, opts) => bucket(cloud, name, args, opts),
  };
}

function network(cloud: CloudArgs, name: string, cidr: string, opts: Options): CloudNetwork {
  const { siteName, region } = cloud;
  const vpc = new Vpc(name, { name: siteName, region, ipRange: cidr }, pulumiOptions(opts));
  // Of every tier, present or not: a firewall that names a tag which does not exist is refused.
  const tags = perTier((tier) => new Tag(`${name}-${tier}`, { name: `${siteName}-${tier}` }, pulumiOptions(opts)));
  return {
    tier: (tier, rules, tierOpts) => joinable(cloud, vpc, tags, tier, rules, tierOpts),
    natGateway: (gateway, gatewayOpts) => new VpcNatGateway(gateway, {
      name: siteName, region, type: "PUBLIC", size: natGatewaySize, vpcs: [{ vpcUuid: vpc.id, defaultGateway: true }],
    }, pulumiOptions(gatewayOpts)),
  };
}

function joinable(cloud: CloudArgs, vpc: Vpc, tags: Record<Tier, Tag>, tier: Tier, rules: TierRules, opts: Options): CloudTier {
  const peersOf = ({ peers }: FirewallRule) => ({ addresses: [...peers.cidrs], tags: peers.tiers.map((peer) => tags[peer].name) });
  const firewall = new Firewall(`${tier}-firewall`, {
    name: `${cloud.siteName}-${tier}`,
    tags: [tags[tier].name],
    inboundRules: rules.inbound.map((rule) => {
      const { addresses, tags: sourceTags } = peersOf(rule);
      return { protocol: rule.protocol, portRange: formatPorts(rule.ports), sourceAddresses: addresses, sourceTags };
    }),
    outboundRules: rules.outbound.map((rule) => {
      const { addresses, tags: destinationTags } = peersOf(rule);
      return { protocol: rule.protocol, portRange: formatPorts(rule.ports), destinationAddresses: addresses, destinationTags };
    }),
  }, pulumiOptions(opts));
  return {
    server(name, args, serverOpts) {
      // The firewall waits for the tag, so no packet reaches the machine before its rules do; and it goes last.
      const guarded = { ...serverOpts, dependsOn: [...(serverOpts.dependsOn ?? []), firewall] };
      return server(cloud, vpc, tags[tier], name, args, guarded);
    },
  };
}

function server(cloud: CloudArgs, vpc: Vpc, tag: Tag, name: string, args: ServerArgs, opts: Options): Server {
  const droplet = new Droplet(name, {
    name,
    region: cloud.region,
    image: cloud.image,
    size: args.size,
    vpcUuid: vpc.id,
    // Explicit, whatever the default: without it a private machine would be a public one.
    publicNetworking: args.publicInterface,
    ipv6: false,
    tags: [tag.name],
    sshKeys: [args.loginKey.reference],
    userData: args.userData,
    // Neither of the platform's agents: the one opens a door that nobody here watches, the other's work is Prometheus's.
    dropletAgent: false,
    monitoring: false,
    gracefulShutdown: args.shutsDownFirst,
    // A larger disk can never be made small again; CPU and memory can.
    resizeDisk: false,
  }, {
    ...pulumiOptions(opts),
    // A droplet with a name of its own is deleted before it is recreated, unless told otherwise; names need not be unique.
    deleteBeforeReplace: args.replacement === "oldFirst",
    ...args.replacedForSize ? { replaceOnChanges: ["size"] } : {},
    ...args.shutsDownFirst ? { customTimeouts: { delete: shutdownLimit } } : {},
    ...args.stateful ? { protect: args.stateful.protect, ignoreChanges: ["userData", "image", "sshKeys"] } : {},
  });
  return {
    id: droplet.id,
    resource: droplet,
    privateAddress: droplet.ipv4AddressPrivate,
    publicAddress: args.publicInterface ? droplet.ipv4Address : output(null),
    volume(volumeName, { sizeGiB }, volumeOpts) {
      const volume = new Volume(volumeName, {
        name: `${cloud.siteName}-${volumeName}`, region: cloud.region, size: sizeGiB, initialFilesystemType: "ext4",
      }, pulumiOptions(volumeOpts));
      // The plugin would attach the new one before it lets go of the old, which the API refuses.
      const attachment = new VolumeAttachment(volumeName, { dropletId: droplet.id.apply(Number), volumeId: volume.id },
        { ...pulumiOptions(volumeOpts), deleteBeforeReplace: true });
      return { id: volume.id, resource: attachment };
    },
  };
}

function bucket(cloud: CloudArgs, name: string, args: BucketArgs, opts: Options): Bucket {
  const region = args.region ?? cloud.region;
  const space = new SpacesBucket(name, {
    name: args.bucketName, region, acl: "private", ...(args.versioning ? { versioning: { enabled: true } } : {}),
    ...args.keptVersionDays === undefined ? {} : { lifecycleRules: [{ id: "old-versions", enabled: true, noncurrentVersionExpiration: { days: args.keptVersionDays } }] },
    ...args.content === "disposable" ? { forceDestroy: true } : {},
  }, { ...pulumiOptions(opts), ...args.content === "kept" ? { protect: true } : {} });
  const keyFor = (keyName: string, permission: "read" | "readwrite", keyOpts: Options) => {
    const key = new SpacesKey(keyName, { name: args.bucketName, grants: [{ bucket: space.name, permission }] },
      { ...pulumiOptions(keyOpts), additionalSecretOutputs: ["secretKey"] });
    return { accessKey: key.accessKey, secretKey: secret(key.secretKey) };
  };
  return {
    name: space.name,
    endpoint: space.endpoint,
    // Spaces takes this one for all of its regions, as its own provider does.
    signingRegion: "us-east-1",
    upload(objectName, object, objectOpts) {
      const body = "file" in object
        ? { source: object.file, contentType: "application/octet-stream" }
        : { content: object.content, contentType: object.contentType };
      return new SpacesBucketObject(objectName, { bucket: space.name, region, acl: "private", key: object.key, ...body }, pulumiOptions(objectOpts));
    },
    readKey: (keyName, keyOpts) => keyFor(keyName, "read", keyOpts),
    writeKey: (keyName, keyOpts) => keyFor(keyName, "readwrite", keyOpts),
  };
}

function perTier<T>(make: (tier: Tier) => T): Record<Tier, T> {
  return { lb: make("lb"), app: make("app"), db: make("db"), redis: make("redis"), monitor: make("monitor"), bastion: make("bastion") };
}
