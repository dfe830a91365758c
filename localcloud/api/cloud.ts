import { type Datacenter } from "../datacenter.ts";
import { type Actions } from "./actions.ts";
import { type Catalog } from "./catalog.ts";
import { type Clock } from "./clock.ts";
import { type Log } from "./log.ts";
import { type Settings } from "./settings.ts";
import { type AccountState, type Action, type Droplet } from "./state/schema.ts";

/** What every route works with. */
export interface Cloud {
  readonly state: AccountState;
  readonly catalog: Catalog;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly datacenter: Datacenter;
  readonly log: Log;
  /** Resolves once the state as it is now is on the disk: no answer may promise what a crash would undo. */
  save(): Promise<void>;
  readonly actions: Actions;
  readonly droplets: DropletWork;
  /** Resolves once the firewalls as they are now are in force. */
  applyFirewalls(): Promise<void>;
  /** Adding and removing VPCs, one after the other: a range that was just freed must be gone before it is used again. */
  changeVpcs<T>(task: () => Promise<T>): Promise<T>;
}

/** What goes on with droplets behind the requests' back. */
export interface DropletWork {
  build(droplet: Droplet, action: Action): void;
  remove(droplet: Droplet): void;
}
