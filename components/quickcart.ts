import { ComponentResource, type ComponentResourceOptions, type Output } from "@pulumi/pulumi";
import { AppFleet } from "./appFleet.ts";
import { type Artifacts } from "./artifacts.ts";
import { Backups } from "./backups.ts";
import { Bastions } from "./bastions.ts";
import { Certificates, type SiteTls } from "./certificates.ts";
import { type Cloud } from "./cloud/cloud.ts";
import { type Settings } from "./config.ts";
import { Database } from "./database.ts";
import { LoadBalancers } from "./loadBalancers.ts";
import { type Machine } from "./machine.ts";
import { Monitoring } from "./monitoring.ts";
import { Network } from "./network.ts";
import { ObjectStorage } from "./objectStorage.ts";
import { RedisCluster } from "./redisCluster.ts";
import { Release } from "./release.ts";
import { Topology } from "./topology.ts";

export interface QuickCartArgs {
  readonly settings: Settings;
  readonly secrets: Secrets;
  readonly cloud: Cloud;
  readonly artifacts: Artifacts;
}

/** Pulumi secrets. */
export interface Secrets {
  /** Of the cloud's API: may move the floating address. */
  readonly addressToken: Output<string>;
  /** Of the cloud's API: may cut machines' power. Null: no primary is fenced. */
  readonly fenceToken: Output<string> | null;
  /** Null: the stack's own authority makes them. */
  readonly tls: SiteTls | null;
}

/** The whole site. Traffic flows the other way: who answers comes before those who ask. */
export class QuickCart extends ComponentResource {
  readonly network: Network;
  readonly certificates: Certificates;
  readonly storage: ObjectStorage;
  readonly backups: Backups;
  readonly bastions: Bastions;
  readonly database: Database;
  readonly redis: RedisCluster;
  readonly monitoring: Monitoring;
  readonly appFleet: AppFleet;
  readonly loadBalancers: LoadBalancers;

  constructor(name: string, { settings, secrets, cloud, artifacts }: QuickCartArgs, opts: ComponentResourceOptions = {}) {
    super("quickcart:components:QuickCart", name, {}, opts);
    const { siteName, stack, hostName } = settings;
    const within = { parent: this };
    this.network = new Network("network", { cloud, settings }, within);
    this.certificates = new Certificates("certificates", { cloud, siteName, hostName, given: secrets.tls }, within);
    this.storage = new ObjectStorage("storage", { cloud, siteName, artifacts }, within);
    this.backups = new Backups("backups", { cloud, settings }, within);
    const { loginKey, loginPrivateKey } = this.certificates;
    const site = { settings, artifacts, storage: this.storage.machineAccess, loginKey };
    this.bastions = new Bastions("bastion", { site, tier: this.network.tiers.bastion, loginPrivateKey, programs: this.storage.machinePrograms }, within);
    this.database = new Database("db", { site, storage: this.storage, tier: this.network.tiers.db, certificates: this.certificates, backups: this.backups, fenceToken: secrets.fenceToken }, within);
    this.redis = new RedisCluster("redis", { site, tier: this.network.tiers.redis, certificates: this.certificates }, within);
    this.monitoring = new Monitoring("monitor", { site, tier: this.network.tiers.monitor, backups: this.backups }, within);
    this.appFleet = new AppFleet("app", { site, tier: this.network.tiers.app, database: this.database, redis: this.redis }, within);
    const reach = { loginPrivateKey, through: this.bastions.jump };
    const topology = new Topology("topology", {
      stack, storage: this.storage, machines: [...this.bastions.machines, ...this.database.machines, ...this.redis.machines, this.monitoring.machine, ...this.appFleet.machines],
      after: [this.redis.fits(reach)],
    }, within);
    // The programs that a fresh machine fetches are there once the bastion is ready that it needs, too.
    const databaseReady = this.database.ready({ ...reach, after: [topology.document, this.bastions.jumpReady] });
    const redisReady = this.redis.ready(reach, [topology.document, this.bastions.jumpReady]);
    this.monitoring.ready({ ...reach, after: [topology.document, this.bastions.jumpReady] });
    const release = new Release("release", {
      storage: this.storage, app: artifacts.app, port: settings.app.port, machines: this.appFleet.machines, ...reach,
      after: [topology.document, this.bastions.jumpReady, ...databaseReady, ...redisReady],
    }, within);
    this.loadBalancers = new LoadBalancers("lb", {
      site, cloud, tier: this.network.tiers.lb, storage: this.storage, loginPrivateKey, through: this.bastions.jump, after: release.gates,
      tls: this.certificates.site, ticketSecret: this.certificates.ticketSecret, addressToken: secrets.addressToken,
    }, within);
    this.registerOutputs({});
  }

  get machines(): Machine[] {
    return [...this.bastions.machines, ...this.loadBalancers.machines, ...this.appFleet.machines, ...this.database.machines, ...this.redis.machines, this.monitoring.machine];
  }
}
