/**
 * The seam between the topology and the clouds, in the topology's words. A cloud's own types stay behind it, so that
 * nothing above knows tags from devices or droplets from instances.
 */
import { type Input, type Output, type Resource } from "@pulumi/pulumi";
import { type Tier } from "../accessMatrix.ts";
import { type CloudName } from "../config.ts";
import { type TierRules } from "../firewallRules.ts";

/** What a caller may decide about the resources behind a call; `parent` is the component that asks. */
export interface Options {
  readonly parent: Resource;
  readonly dependsOn?: readonly Resource[];
}

export interface CloudArgs {
  /** Stem of all names in the account, `quickcart-<stack>`. */
  readonly siteName: string;
  readonly region: string;
  /** Image that every machine starts from, in the cloud's words. */
  readonly image: string;
}

export interface Cloud {
  readonly name: CloudName;
  /** A private network, and the names by which firewall rules know each tier. */
  network(name: string, args: { cidr: string }, opts: Options): CloudNetwork;
  /** The key that may log in as root on machines made with it. */
  loginKey(name: string, publicKey: Output<string>, opts: Options): LoginKey;
  /** An address that its holder claims by itself; Pulumi never assigns it, or a refresh would steal it back. */
  floatingAddress(name: string, opts: Options): Output<string>;
  /** @param label globally unique */
  bucket(name: string, args: BucketArgs, opts: Options): Bucket;
}

export interface CloudNetwork {
  /** The tier's firewall. Its rules may name tiers that have no machines yet. */
  tier(tier: Tier, rules: TierRules, opts: Options): CloudTier;
  /** Egress for all private machines, where the cloud sells it. */
  natGateway(name: string, opts: Options): Resource;
}

export interface CloudTier {
  /** A machine that is behind its tier's firewall before it boots. */
  server(name: string, args: ServerArgs, opts: Options): Server;
}

export interface ServerArgs {
  readonly size: string;
  /** Without it the machine has the private network's interface only. */
  readonly publicInterface: boolean;
  readonly userData: Output<string>;
  readonly loginKey: LoginKey;
  /**
   * What replacing it means. `newFirst`: the new machine stands beside the old one for a while, so nothing is missing in
   * between. `oldFirst`: for machines that are somebody in particular, of whom there must never be two.
   */
  readonly replacement: "newFirst" | "oldFirst";
  /** Lets the machine's services finish their requests before it is deleted. */
  readonly shutsDownFirst: boolean;
  /** Another size is another machine, with that size's disk: one that is resized keeps the disk that it has. */
  readonly replacedForSize?: true;
  /**
   * Of a machine that holds data: a change of user-data, image or login key leaves it as it is, to be changed in place. With
   * `protect` Pulumi refuses to delete or replace it.
   */
  readonly stateful?: { readonly protect: boolean };
}

export interface Server {
  /** Changes when the machine is replaced. */
  readonly id: Output<string>;
  readonly resource: Resource;
  readonly privateAddress: Output<string>;
  /** Null without a public interface. */
  readonly publicAddress: Output<string | null>;
  /** A disk of its own, attached to the machine, that outlives it. Grows only. */
  volume(name: string, args: { sizeGiB: number }, opts: Options): Volume;
}

export interface Volume {
  readonly id: Output<string>;
  readonly resource: Resource;
}

/** How this cloud's machines name a login key. */
export interface LoginKey {
  readonly reference: Output<string>;
}

export interface BucketArgs {
  /** Unique in the whole cloud. */
  readonly bucketName: Output<string>;
  readonly versioning: boolean;
  /** Where the stack's own region will not do. */
  readonly region?: string;
  /** Days for which a version that is no longer the object's is kept; without it for ever. Where the cloud has such rules. */
  readonly keptVersionDays?: number;
  /** `kept`: Pulumi refuses to delete the bucket. `disposable`: it is deleted with what is in it. Otherwise only when it is empty. */
  readonly content?: "kept" | "disposable";
}

/** Private: nobody reads it without a key. */
export interface Bucket {
  readonly name: Output<string>;
  /** Host name under which the bucket's own name is a label, such as `fra1.digitaloceanspaces.com`. */
  readonly endpoint: Output<string>;
  /** The region that request signatures name. */
  readonly signingRegion: string;
  upload(name: string, object: BucketObject, opts: Options): Resource;
  /** A key that reads this bucket and no other. */
  readKey(name: string, opts: Options): BucketKey;
  /** A key that reads and writes this bucket and no other. Neither cloud can take deletion out of writing: versions are the way back. */
  writeKey(name: string, opts: Options): BucketKey;
}

export type BucketObject =
  | { readonly key: string; readonly file: string }
  | { readonly key: Input<string>; readonly content: Input<string>; readonly contentType: string };

export interface BucketKey {
  readonly accessKey: Output<string>;
  /** Secret. */
  readonly secretKey: Output<string>;
}
