import { messageOf } from "../files.ts";
import { giveBack } from "./allocate.ts";
import type { Cloud, DropletWork } from "./cloud.ts";
import { machineSpec } from "./machineSpec.ts";
import type { Action, Droplet } from "./state/schema.ts";

/** Seconds before a machine that could not be destroyed is tried again; afterwards at the next start of the daemon. */
const retrySeconds = [1, 2, 4, 8, 16];

/** Machines come and go behind the API's back: requests are answered at once, this works on. */
export class DropletLife implements DropletWork {
  readonly #cloud: () => Cloud;
  readonly #work = new Map<number, Promise<void>>();
  readonly #stopped = Promise.withResolvers<undefined>();
  #stopping = false;

  constructor(cloud: () => Cloud) {
    this.#cloud = cloud;
  }

  /** Racks and boots the machine; the droplet is `active` and its action completed once the datacenter says so. */
  build(droplet: Droplet, action: Action): void {
    this.#queue(droplet.id, async () => {
      const cloud = this.#cloud();
      try {
        // Firewalls first: the machine must never be reachable without them.
        await cloud.applyFirewalls();
        if (droplet.deletedAt !== null) return;
        await cloud.datacenter.machines.create(machineSpec(cloud.state, cloud.catalog, droplet));
        droplet.built = true;
        droplet.status = "active";
        if (action.status === "in-progress") cloud.actions.complete(action);
      } catch (error) {
        droplet.status = "off";
        if (action.status === "in-progress") cloud.actions.fail(action, messageOf(error));
        cloud.log({ level: "error", message: `Droplet ${droplet.name} could not be built: ${messageOf(error)}`, droplet: droplet.id });
      }
      await cloud.save();
    });
  }

  /** The droplet is gone for every client from now on; its machine and its addresses follow. */
  remove(droplet: Droplet): void {
    const cloud = this.#cloud();
    droplet.deletedAt ??= cloud.clock.now();
    for (const firewall of cloud.state.firewalls) {
      firewall.dropletIds = firewall.dropletIds.filter((id) => id !== droplet.id);
    }
    const idle = cloud.actions.abandon((action) => action.dropletId === droplet.id, `Droplet ${droplet.id} was deleted.`);
    this.#queue(droplet.id, async () => {
      await idle;
      for (const [attempt, seconds] of [...retrySeconds, null].entries()) {
        try {
          await this.#dismantle(droplet);
          return;
        } catch (error) {
          const message = `Droplet ${droplet.name} could not be destroyed (attempt ${attempt + 1}): ${messageOf(error)}`;
          cloud.log({ level: "error", message, droplet: droplet.id });
        }
        if (seconds === null || this.#stopping) return;
        await Promise.race([this.#stopped.promise, new Promise((resolve) => cloud.clock.after(seconds * 1000, () => resolve(undefined)))]);
      }
    });
  }

  /** After a restart: what was half built is built anew, what was half gone goes. */
  resume(): void {
    const { state, actions } = this.#cloud();
    for (const droplet of state.droplets) {
      if (droplet.deletedAt !== null) {
        this.remove(droplet);
      } else if (droplet.status === "new") {
        const action = state.actions.find((candidate) =>
          candidate.type === "create" && candidate.resourceId === droplet.id && candidate.status === "in-progress");
        this.#discardHalf(droplet);
        this.build(droplet, action ?? actions.beginUntimed({
          type: "create", resourceType: "droplet", resourceId: droplet.id, region: droplet.region, dropletId: droplet.id,
        }));
      }
    }
  }

  /** Resolves once no machine is being built or destroyed. */
  async idle(): Promise<void> {
    while (this.#work.size > 0) await Promise.all(this.#work.values());
  }

  /** No further attempts; what is at work stays in the state and goes on after the next start. */
  stop(): void {
    this.#stopping = true;
    this.#stopped.resolve(undefined);
  }

  #discardHalf(droplet: Droplet): void {
    this.#queue(droplet.id, async () => {
      await this.#cloud().datacenter.machines.destroy(droplet.id);
    });
  }

  async #dismantle(droplet: Droplet): Promise<void> {
    const { state, datacenter, applyFirewalls, save } = this.#cloud();
    await applyFirewalls();
    for (const reserved of state.reservedIps.filter((candidate) => candidate.dropletId === droplet.id)) {
      await datacenter.networks.assignReservedAddress(reserved.address, null);
      reserved.dropletId = null;
    }
    await datacenter.machines.destroy(droplet.id);
    // Once only: on a second try, after what follows failed, its addresses may be another droplet's.
    if (state.droplets.includes(droplet)) {
      state.droplets.splice(state.droplets.indexOf(droplet), 1);
      this.#giveBackAddresses(droplet);
    }
    await applyFirewalls();
    await save();
  }

  #giveBackAddresses(droplet: Droplet): void {
    const { state } = this.#cloud();
    const vpc = state.vpcs.find((candidate) => candidate.id === droplet.vpcId);
    if (vpc !== undefined) vpc.pool = giveBack(vpc.pool, droplet.privateNic.address);
    if (droplet.publicNic === null) return;
    state.pools.public = giveBack(state.pools.public, droplet.publicNic.address);
    state.pools.anchor = giveBack(state.pools.anchor, droplet.publicNic.anchorAddress);
  }

  /** One thing after the other on each droplet; nothing that goes wrong here may end the daemon. */
  #queue(id: number, task: () => Promise<void>): void {
    const { log } = this.#cloud();
    const work = (this.#work.get(id) ?? Promise.resolve()).then(task).catch((error: unknown) => {
      log({ level: "error", message: `Droplet ${id}: ${messageOf(error)}`, droplet: id });
    });
    this.#work.set(id, work);
    void work.then(() => {
      if (this.#work.get(id) === work) this.#work.delete(id);
    });
  }
}
