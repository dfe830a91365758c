import { ComponentResource, type ComponentResourceOptions, type Output, type Resource } from "@pulumi/pulumi";
import { keys } from "../agents/documents.ts";
import { type Position } from "../agents/lb/peering.ts";
import { type SiteTls } from "./certificates.ts";
import { type Cloud, type CloudTier } from "./cloud/cloud.ts";
import { Machine, type SiteArgs } from "./machine.ts";
import { type ObjectStorage } from "./objectStorage.ts";
import { ReadinessGate } from "./readinessGate.ts";
import { topologyDocument } from "./topology.ts";

export interface LoadBalancersArgs {
  readonly site: SiteArgs;
  readonly cloud: Cloud;
  readonly tier: CloudTier;
  readonly storage: ObjectStorage;
  readonly tls: SiteTls;
  readonly ticketSecret: Output<string>;
  /** Of the cloud's API: may move the floating address. Secret. */
  readonly addressToken: Output<string>;
  readonly loginPrivateKey: Output<string>;
  /** The bastion to jump through. */
  readonly through: Machine;
  /** What a load balancer needs in order to serve: app servers that answer. */
  readonly after: readonly Resource[];
}

/** Two machines in front of the app servers, and the address that one of them holds. */
export class LoadBalancers extends ComponentResource {
  /** Claimed by the load balancer that serves. Pulumi gives it to nobody. */
  readonly floatingAddress: Output<string>;
  readonly machines: readonly [Machine, Machine];

  constructor(name: string, args: LoadBalancersArgs, opts: ComponentResourceOptions = {}) {
    super("quickcart:components:LoadBalancers", name, {}, opts);
    this.floatingAddress = args.cloud.floatingAddress(`${name}-address`, { parent: this });
    const certificate = args.storage.uploadCertificate(`${name}-certificate`, args.tls.chain, this);
    const [first, firstReady] = this.loadBalancer(name, 1, certificate, args, []);
    // Never both at once: the second one may go, or come, only when the first serves. So neither may be needed for the
    // other's gate, and each has a topology document of its own.
    const [second] = this.loadBalancer(name, 2, certificate, args, [firstReady]);
    this.machines = [first, second];
    this.registerOutputs({ floatingAddress: this.floatingAddress });
  }

  private loadBalancer(
    name: string, position: Position, certificate: { key: Output<string>; object: Resource }, args: LoadBalancersArgs, after: readonly Resource[],
  ): [Machine, ReadinessGate] {
    const { site, tier, storage, tls, ticketSecret, addressToken, loginPrivateKey, through } = args;
    const { hostName, app, loadBalancers, stack } = site.settings;
    const machine = new Machine(`${name}-${String(position)}`, {
      site, tier, size: loadBalancers.size, publicInterface: true, after,
      role: {
        tier: "lb", position, hostName, addressToken, ticketSecret, floatingAddress: this.floatingAddress,
        certificate: certificate.key, certificateKey: tls.key, appPort: app.port,
      },
      // An end of the tunnel is somebody in particular. It gives the address away before it stops.
      replacement: "oldFirst", shutsDownFirst: true,
    }, { parent: this });
    const document = storage.uploadDocument(`${machine.name}-topology`, keys.loadBalancer(position), topologyDocument(stack, [machine]), this);
    const gate = new ReadinessGate(`${machine.name}-ready`, { machine, loginPrivateKey, through, after: [document, certificate.object, ...args.after] }, { parent: this });
    return [machine, gate];
  }
}
