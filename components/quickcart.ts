import { ComponentResource, type ComponentResourceOptions } from "@pulumi/pulumi";
import { AppFleet } from "./appFleet.ts";
import { type Artifacts } from "./artifacts.ts";
import { Bastions } from "./bastions.ts";
import { Certificates } from "./certificates.ts";
import { type Cloud } from "./cloud/cloud.ts";
import { type Settings } from "./config.ts";
import { type Machine } from "./machine.ts";
import { Network } from "./network.ts";
import { ObjectStorage } from "./objectStorage.ts";
import { ReadinessGate } from "./readinessGate.ts";
import { Release } from "./release.ts";
import { Topology } from "./topology.ts";

export interface QuickCartArgs {
  readonly settings: Settings;
  readonly cloud: Cloud;
  readonly artifacts: Artifacts;
}

/** The whole site, in the order in which traffic flows. */
export class QuickCart extends ComponentResource {
  readonly network: Network;
  readonly certificates: Certificates;
  readonly storage: ObjectStorage;
  readonly bastions: Bastions;
  readonly appFleet: AppFleet;

  constructor(name: string, { settings, cloud, artifacts }: QuickCartArgs, opts: ComponentResourceOptions = {}) {
    super("quickcart:components:QuickCart", name, {}, opts);
    const { siteName, stack } = settings;
    const within = { parent: this };
    this.network = new Network("network", { cloud, settings }, within);
    this.certificates = new Certificates("certificates", { cloud, siteName }, within);
    this.storage = new ObjectStorage("storage", { cloud, siteName, artifacts }, within);
    const { loginKey, loginPrivateKey } = this.certificates;
    const site = { settings, artifacts, storage: this.storage.machineAccess, loginKey };
    this.bastions = new Bastions("bastion", { site, tier: this.network.tiers.bastion, loginPrivateKey, programs: this.storage.machinePrograms }, within);
    this.appFleet = new AppFleet("app", { site, tier: this.network.tiers.app }, within);
    const topology = new Topology("topology", { stack, storage: this.storage, machines: this.machines }, within);
    const release = new Release("release", { storage: this.storage, app: artifacts.app }, within);
    for (const machine of this.appFleet.machines) {
      new ReadinessGate(`${machine.name}-ready`, {
        machine, loginPrivateKey, through: this.bastions.jump,
        after: [topology.document, release.document, this.bastions.jumpReady, ...this.storage.machinePrograms],
      }, within);
    }
    this.registerOutputs({});
  }

  get machines(): Machine[] {
    return [...this.bastions.machines, ...this.appFleet.machines];
  }
}
