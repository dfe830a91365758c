import { ComponentResource, type ComponentResourceOptions, type Output, type Resource, all, interpolate } from "@pulumi/pulumi";
import { RandomId } from "@pulumi/random/randomId.js";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import { type Bucket, type BucketKey, type Cloud } from "./cloud/cloud.ts";
import { type Settings } from "./config.ts";
import { type DbRole } from "./userData.ts";

/** Bucket names are unique in the whole cloud, not in the account. */
const suffixBytes = 4;

/** Letters and digits: about 380 bits. Lost with the stack's state, and the backups with it. */
const cipherLength = 64;

/** What somebody deleted or wrote over can be had back for so long. */
const keptVersionDays = 30;

export interface BackupsArgs {
  readonly cloud: Cloud;
  readonly settings: Settings;
}

type Repository = DbRole["backup"]["repositories"][number];

/** Where the database's backups and its WAL go: a bucket of their own, or one in each of two regions. */
export class Backups extends ComponentResource {
  /** What a database machine needs in order to write and read them. Secret. */
  readonly access: Output<DbRole["backup"]>;
  /** The same with keys that can only read, for whoever proves that they restore. Secret. */
  readonly readAccess: Output<DbRole["backup"]>;
  readonly bucket: Output<string>;
  /** By which whoever reads a bucket knows whose it is. */
  readonly owners: readonly Resource[];

  constructor(name: string, { cloud, settings }: BackupsArgs, opts: ComponentResourceOptions = {}) {
    super("quickcart:components:Backups", name, {}, opts);
    const { stack, backup, region } = settings;
    const cipher = new RandomPassword(`${name}-cipher`, { length: cipherLength, special: false }, { parent: this, protect: settings.protect }).result;
    const first = this.makeBucket(name, region, cloud, settings);
    const second = backup.secondRegion === null ? [] : [{ name: `${name}-second`, bucket: this.makeBucket(`${name}-second`, backup.secondRegion, cloud, settings) }];
    const buckets = [{ name, bucket: first }, ...second];
    // Says whose it is: a restore from somebody else's bucket is refused by it.
    this.owners = buckets.map((one) =>
      one.bucket.upload(`${one.name}-owner`, { key: "quickcart/owner.json", content: JSON.stringify({ version: 1, stack }), contentType: "application/json" }, { parent: this }));
    const accessBy = (keyOf: (one: typeof buckets[number]) => BucketKey) => all([cipher, all(buckets.map((one) => repository(one.bucket, keyOf(one))))])
      .apply(([secret, repositories]) => ({ at: backup.at, keep: backup.keep, cipher: secret, repositories }));
    this.access = accessBy((one) => one.bucket.writeKey(`${one.name}-database`, { parent: this }));
    this.readAccess = accessBy((one) => one.bucket.readKey(`${one.name}-proof`, { parent: this }));
    this.bucket = first.name;
    this.registerOutputs({ bucket: first.name });
  }

  private makeBucket(name: string, region: string, cloud: Cloud, { siteName, protect }: Settings): Bucket {
    const suffix = new RandomId(`${name}-suffix`, { byteLength: suffixBytes }, { parent: this });
    return cloud.bucket(name, {
      bucketName: interpolate`${siteName}-${name}-${suffix.hex}`, region, versioning: true, keptVersionDays, content: protect ? "kept" : "disposable",
    }, { parent: this });
  }
}

function repository(bucket: Bucket, key: BucketKey): Output<Repository> {
  return all([bucket.name, bucket.endpoint, key.accessKey, key.secretKey]).apply(([name, endpoint, accessKey, secretKey]) => ({
    bucket: name, endpoint, region: bucket.signingRegion, accessKey, secretKey,
  }));
}
