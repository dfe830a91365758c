import { ComponentResource, type ComponentResourceOptions, type Output, type Resource } from "@pulumi/pulumi";
import { canarySchema, keys, releaseSchema } from "../agents/documents.ts";
import { type Artifact } from "./artifacts.ts";
import { type Machine } from "./machine.ts";
import { type ObjectStorage } from "./objectStorage.ts";
import { ReadinessGate } from "./readinessGate.ts";

export interface ReleaseArgs {
  readonly storage: ObjectStorage;
  readonly app: Artifact;
  /** Where the app servers' blue slot listens. */
  readonly port: number;
  /** The app servers. The first one is the canary. */
  readonly machines: readonly Machine[];
  readonly loginPrivateKey: Output<string>;
  /** The bastion to jump through. */
  readonly through: Machine;
  /** What a fresh app server needs before it can serve. */
  readonly after: readonly Resource[];
}

/**
 * The app's bundle, and the documents that tell app servers to run it: first the canary alone, and all others once it
 * has served it. A gate that fails leaves the base document as it was, so that the old bundle goes on serving. No machine
 * is replaced for a release.
 */
export class Release extends ComponentResource {
  /** One for each app server: passed, it serves this bundle and no other. */
  readonly gates: readonly ReadinessGate[];

  constructor(name: string, args: ReleaseArgs, opts: ComponentResourceOptions = {}) {
    super("quickcart:components:Release", name, {}, opts);
    const { storage, app, machines: [first, ...others] } = args;
    if (first === undefined) throw new Error(`the release ${name} has no app server to go to`);
    const bundle = storage.uploadArtifact(`${name}-app`, app, this);
    const canary = JSON.stringify(canarySchema.parse({ version: 1, machine: first.name, app: app.sha256 }));
    const canaryDocument = storage.uploadDocument(`${name}-canary`, keys.canary, canary, this, [bundle]);
    const canaryGate = this.gate(first, canaryDocument, args);
    const base = JSON.stringify(releaseSchema.parse({ version: 1, app: app.sha256 }));
    const baseDocument = storage.uploadDocument(name, keys.release, base, this, [canaryGate]);
    this.gates = [canaryGate, ...others.map((machine) => this.gate(machine, baseDocument, args))];
    this.registerOutputs({});
  }

  private gate(machine: Machine, document: Resource, { app, port, machines, loginPrivateKey, through, after }: ReleaseArgs): ReadinessGate {
    return new ReadinessGate(`${machine.name}-ready`, {
      machine, loginPrivateKey, through, after: [document, ...after], release: { bundle: app.sha256, port, canary: machine === machines[0] },
    }, { parent: this });
  }
}
