import { createHash } from "node:crypto";
import { relative } from "node:path";
import { ComponentResource, type ComponentResourceOptions, type Input, type Output, type Resource, interpolate } from "@pulumi/pulumi";
import { RandomId } from "@pulumi/random/randomId.js";
import { type Artifact, type Artifacts } from "./artifacts.ts";
import { type Setup } from "./rendering/setup.ts";
import { type Bucket, type BucketKey, type Cloud } from "./cloud/cloud.ts";

/** Bucket names are unique in the whole cloud, not in the account. */
const suffixBytes = 4;

export interface ObjectStorageArgs {
  readonly cloud: Cloud;
  readonly siteName: string;
  readonly artifacts: Artifacts;
}

/** Where a machine reads what it needs. */
export interface StorageAccess {
  readonly endpoint: Output<string>;
  readonly region: string;
  readonly bucket: Output<string>;
  readonly accessKey: Output<string>;
  /** Secret. */
  readonly secretKey: Output<string>;
}

/** The private bucket: what machines run, and the documents from which they learn of each other. */
export class ObjectStorage extends ComponentResource {
  /** Read-only: every machine has it, so it must not be able to do harm. */
  readonly machineAccess: StorageAccess;
  /** What machines fetch before anything else. */
  readonly machinePrograms: readonly Resource[];
  private readonly bucket: Bucket;

  constructor(name: string, args: ObjectStorageArgs, opts: ComponentResourceOptions = {}) {
    super("quickcart:components:ObjectStorage", name, {}, opts);
    this.bucket = this.makeBucket(name, args);
    this.machineAccess = this.accessWith(this.bucket.readKey(`${name}-machines`, { parent: this }));
    this.machinePrograms = this.uploadPrograms(name, args.artifacts);
    this.registerOutputs({ bucket: this.bucket.name });
  }

  /**
   * Another content is another resource, not a replacement of this one: after an update that failed half-way and was then
   * taken back, a replacement would end with deleting the object that is wanted again.
   *
   * @param parent the component whose artifact it is
   */
  uploadArtifact(name: string, artifact: Artifact, parent: Resource): Resource {
    // From the project's folder, where both the program and the plugin run: another clone's path would be a difference.
    return this.bucket.upload(`${name}-${shortHash(artifact)}`, { key: artifact.key, file: relative(process.cwd(), artifact.path) }, { parent });
  }

  /** @param dependsOn what must be there before anyone reads the document */
  uploadDocument(name: string, key: string, content: Input<string>, parent: Resource, dependsOn: readonly Resource[] = []): Resource {
    return this.bucket.upload(name, { key, content, contentType: "application/json" }, { parent, dependsOn });
  }

  /** @returns the object, and its key: named by the content, so that who fetches it can check it */
  uploadCertificate(name: string, chain: Output<string>, parent: Resource): { key: Output<string>; object: Resource } {
    const key = chain.apply((text) => `tls/site-${createHash("sha256").update(text).digest("hex")}.pem`);
    return { key, object: this.bucket.upload(name, { key, content: chain, contentType: "application/x-pem-file" }, { parent }) };
  }

  /** @param setup of a machine of which it is known that it has one */
  uploadSetup(name: string, setup: Output<Setup | null>, parent: Resource): Resource {
    const known = setup.apply((one) => one ?? notThere(name));
    return this.bucket.upload(name, { key: known.key, content: known.content, contentType: "text/x-shellscript" }, { parent });
  }

  private makeBucket(name: string, { cloud, siteName }: ObjectStorageArgs): Bucket {
    const suffix = new RandomId(`${name}-suffix`, { byteLength: suffixBytes }, { parent: this });
    return cloud.bucket(name, { bucketName: interpolate`${siteName}-${suffix.hex}`, versioning: false }, { parent: this });
  }

  private accessWith({ accessKey, secretKey }: BucketKey): StorageAccess {
    return { endpoint: this.bucket.endpoint, region: this.bucket.signingRegion, bucket: this.bucket.name, accessKey, secretKey };
  }

  private uploadPrograms(name: string, { runtime, agents }: Artifacts): Resource[] {
    return [
      this.uploadArtifact(`${name}-runtime`, runtime, this),
      ...Object.entries(agents).map(([agent, artifact]) => this.uploadArtifact(`${name}-agent-${agent}`, artifact, this)),
    ];
  }
}

function notThere(name: string): never {
  throw new Error(`the machine has nothing to fetch that could be uploaded as ${name}`);
}

/** Of what the key is named by. */
function shortHash({ key }: Artifact): string {
  const hash = /[0-9a-f]{64}/.exec(key)?.[0];
  if (hash === undefined) throw new Error(`the key ${key} holds no hash of its content`);
  return hash.slice(0, 12);
}
