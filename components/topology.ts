import { ComponentResource, type ComponentResourceOptions, type Output, type Resource, all } from "@pulumi/pulumi";
import { keys, topologySchema } from "../agents/documents.ts";
import { type Machine } from "./machine.ts";
import { type ObjectStorage } from "./objectStorage.ts";

export interface TopologyArgs {
  readonly stack: string;
  readonly storage: ObjectStorage;
  readonly machines: readonly Machine[];
  /** What must have passed before machines are told of another set of them. */
  readonly after: readonly Resource[];
}

/**
 * The document from which machines learn of each other. It changes when machines do; they follow it within seconds.
 * Load balancers have documents of their own (`LoadBalancers`).
 */
export class Topology extends ComponentResource {
  readonly document: Resource;

  constructor(name: string, { stack, storage, machines, after }: TopologyArgs, opts: ComponentResourceOptions = {}) {
    super("quickcart:components:Topology", name, {}, opts);
    this.document = storage.uploadDocument(name, keys.topology, topologyDocument(stack, machines), this, after);
    this.registerOutputs({});
  }
}

/** What the document of these machines says. */
export function topologyDocument(stack: string, machines: readonly Machine[]): Output<string> {
  const entries = machines.map(({ name, tier, server }) =>
    all([server.privateAddress, server.publicAddress, server.id]).apply(([privateAddress, publicAddress, id]) => ({ name, tier, privateAddress, publicAddress, id })));
  return all(entries).apply((known) => JSON.stringify(topologySchema.parse({ version: 1, stack, machines: known })));
}
