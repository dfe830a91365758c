import { ComponentResource, type ComponentResourceOptions, type Input, type Output, type Resource, all, output, secret, unsecret } from "@pulumi/pulumi";
import { type Artifacts } from "./artifacts.ts";
import { type CloudTier, type LoginKey, type Server, type ServerArgs } from "./cloud/cloud.ts";
import { type Settings } from "./config.ts";
import { type PresentTier } from "./network.ts";
import { type StorageAccess } from "./objectStorage.ts";
import { type Role, type Handover, type Setup, renderHandover, renderSetup, renderUserData } from "./userData.ts";

/** What all machines of a site have in common. */
export interface SiteArgs {
  readonly settings: Settings;
  readonly artifacts: Artifacts;
  readonly storage: StorageAccess;
  readonly loginKey: LoginKey;
}

/** The keys that all members of the union share. */
type Common = keyof Role;
type Inputs<Of> = { readonly [Key in keyof Of]: Input<Of[Key]> };
type OwnInputs<AnyRole extends Role> = AnyRole extends unknown ? { readonly tier: AnyRole["tier"] } & Inputs<Omit<AnyRole, Common>> : never;

/** What makes a machine one of its tier: its role without what all roles have in common. */
export type TierRole = OwnInputs<Role>;

export interface MachineArgs extends Pick<ServerArgs, "size" | "publicInterface" | "replacement" | "shutsDownFirst" | "replacedForSize"> {
  readonly site: SiteArgs;
  readonly tier: CloudTier;
  readonly role: TierRole;
  /** It holds data: changed in place, never replaced for a change of what it was made from. */
  readonly stateful?: true;
  /** What must have passed before this machine may be made, or made anew. */
  readonly after: readonly Resource[];
}

/** A server and the user-data that makes it what it is. The name is the machine's own, such as `app-3`. */
export class Machine extends ComponentResource {
  readonly name: string;
  readonly tier: PresentTier;
  readonly size: string;
  readonly server: Server;
  /** What it fetches from the bucket because user-data has no room for it; null where there is nothing. */
  readonly setup: Output<Setup | null>;
  /** What its user-data would be today; for a stateful machine, which keeps what it was made with. Secret. */
  readonly handover: Output<Handover>;

  constructor(name: string, args: MachineArgs, opts: ComponentResourceOptions = {}) {
    super("quickcart:components:Machine", name, {}, opts);
    this.name = name;
    this.tier = args.role.tier;
    this.size = args.size;
    const role = wholeRole(name, args.site, args.role);
    // Nothing in it is a secret, but what it is made from is.
    this.setup = unsecret(role.apply(renderSetup));
    this.handover = secret(role.apply(renderHandover));
    this.server = args.tier.server(name, {
      size: args.size,
      publicInterface: args.publicInterface,
      replacement: args.replacement,
      shutsDownFirst: args.shutsDownFirst,
      ...args.replacedForSize ? { replacedForSize: args.replacedForSize } : {},
      loginKey: args.site.loginKey,
      ...args.stateful ? { stateful: { protect: args.site.settings.protect } } : {},
      userData: role.apply(renderUserData),
    }, { parent: this, dependsOn: args.after });
    this.registerOutputs({ privateAddress: this.server.privateAddress, publicAddress: this.server.publicAddress });
  }
}

/** Never holds another machine's address, or replacing one would replace others. Secret, as the storage key in it is. */
function wholeRole(name: string, { settings, artifacts, storage }: SiteArgs, role: TierRole): Output<Role> {
  const { runtime, agents } = artifacts;
  return all([storage.endpoint, storage.bucket, storage.accessKey, storage.secretKey, output(role)]).apply(
    ([endpoint, bucket, accessKey, secretKey, own]) => ({
      name,
      stack: settings.stack,
      cloud: settings.cloud,
      timeZone: settings.timeZone,
      storage: { endpoint, region: storage.region, bucket, accessKey, secretKey },
      runtime: runtime.key,
      agents: { topology: agents.topology.key, release: agents.release.key, lb: agents.lb.key, redis: agents.redis.key, fence: agents.fence.key, backup: agents.backup.key, proof: agents.proof.key },
      ...own,
    } satisfies Role),
  );
}
