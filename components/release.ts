import { ComponentResource, type ComponentResourceOptions, type Resource } from "@pulumi/pulumi";
import { keys, releaseSchema } from "../agents/documents.ts";
import { type Artifact } from "./artifacts.ts";
import { type ObjectStorage } from "./objectStorage.ts";

export interface ReleaseArgs {
  readonly storage: ObjectStorage;
  readonly app: Artifact;
}

/** The app's bundle, and the document that tells app servers to run it. No machine is replaced for a release. */
export class Release extends ComponentResource {
  readonly document: Resource;

  constructor(name: string, { storage, app }: ReleaseArgs, opts: ComponentResourceOptions = {}) {
    super("quickcart:components:Release", name, {}, opts);
    const bundle = storage.uploadArtifact(`${name}-app`, app, this);
    const document = JSON.stringify(releaseSchema.parse({ version: 1, app: app.sha256 }));
    this.document = storage.uploadDocument(name, keys.release, document, this, [bundle]);
    this.registerOutputs({});
  }
}
