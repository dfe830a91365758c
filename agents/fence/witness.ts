import type { Store } from "../etcd/store.ts";
import { message } from "../errors.ts";
import { type Log, transitions } from "../log.ts";
import { fenceKeys } from "./keys.ts";

/** Seconds; etcd gives no shorter lease than two. */
const leaseSeconds = 3;

export interface WitnessOptions {
  self: string;
  store: Store;
  log: Log;
}

/** Says to the others whom this machine does not see, for as long as it does not. */
export class Witness {
  private readonly options: WitnessOptions;
  private readonly sayFailed: Log;
  private wanted: string | null = null;
  private said: { machine: string; lease: string; keptAt: number } | null = null;
  private busy = false;

  constructor(options: WitnessOptions) {
    this.options = options;
    this.sayFailed = transitions(options.log);
  }

  /** Once a tick. Nothing waits for it. */
  see(blindTo: string | null): void {
    this.wanted = blindTo;
    if (this.busy) return;
    this.busy = true;
    void this.settle()
      .catch((error: unknown) => this.sayFailed(`the others are not told whom this machine does not see: ${message(error)}`))
      .finally(() => { this.busy = false; });
  }

  private async settle(): Promise<void> {
    const { store, self } = this.options;
    const { said, wanted } = this;
    if (said !== null && said.machine !== wanted) {
      this.said = null;
      await store.revoke(said.lease);
    }
    if (wanted === null) return;
    if (this.said === null) {
      const lease = await store.grant(leaseSeconds);
      await store.transact([], [{ kind: "put", key: fenceKeys.blindTo(wanted, self), value: "", lease }]);
      this.said = { machine: wanted, lease, keptAt: performance.now() };
    } else if (performance.now() - this.said.keptAt > leaseSeconds * 1000 / 3) {
      const { lease } = this.said;
      if (await store.keepAlive(lease)) this.said.keptAt = performance.now();
      else this.said = null;
    }
  }
}
