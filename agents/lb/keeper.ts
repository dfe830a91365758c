import { setTimeout as delay } from "node:timers/promises";
import { ApiError } from "../api/error.ts";
import { message } from "../errors.ts";
import { type Log, transitions } from "../log.ts";
import type { FloatingAddress, Holding } from "./address/address.ts";
import { noAttention } from "./attention.ts";
import { decide, type Decision, nameHolder, type VrrpState } from "./decide.ts";
import { Prober, type Question } from "./prober.ts";
import { moveLimitMs, pollDelayMs, retryDelayMs } from "./retry.ts";

export interface KeeperOptions {
  address: FloatingAddress;
  floatingAddress: string;
  /** This machine, as the cloud's API names it. */
  self: string;
  /** How to ask a load balancer at its public address. */
  presenceOf: (publicAddress: string) => Question;
  /** Told after each change of what is known. */
  onChange: () => void;
  log: Log;
}

/** Milliseconds from one look at who holds the address to the next; well within the 250 calls a minute of a token. */
const lookAgainMs = { settled: 10_000, unknown: 2_000, moving: 500 } as const;

/** Keeps the floating address where visitors are served: claims it when keepalived makes this machine the master and the holder does not serve. */
export class Keeper {
  private readonly options: KeeperOptions;
  private readonly sayHolding: Log;
  private saidWhy = "";
  private apiFails: string | null = null;
  private lookedAt = -Infinity;
  private prober: Prober | null = null;
  private asked: string | null = null;
  private claiming = false;
  /** Grows with each claim that was accepted: what the API said before that is out of date. */
  private claims = 0;
  private signal = new AbortController().signal;
  vrrp: VrrpState | null = null;
  holding: Holding | null = null;

  constructor(options: KeeperOptions) {
    this.options = options;
    this.sayHolding = transitions(options.log);
  }

  /** Looks who holds the address now and then, which also keeps the connection warm. */
  async run(signal: AbortSignal): Promise<void> {
    this.signal = signal;
    while (!signal.aborted) {
      if (!this.claiming && performance.now() - this.lookedAt >= this.lookPauseMs()) await this.look();
      await this.wait(lookAgainMs.moving);
    }
    this.attend(null);
  }

  /** What keepalived said. Nothing here waits: until the claim is on its way, visitors see a gap. */
  becomes(vrrp: VrrpState): void {
    this.vrrp = vrrp;
    this.saidWhy = "";
    if (!this.consider(`keepalived says ${vrrp}; `)) this.options.log(`keepalived says ${vrrp}`);
    this.options.onChange();
    // Who held the address up to now may be known wrongly; nobody waits for this.
    if (!this.claiming) void this.look();
  }

  /** Answers whether it had something to say of it. */
  private consider(before = ""): boolean {
    const decision = this.decision();
    if (decision.claim) {
      void this.claim(`${before}${decision.why}`);
      return true;
    }
    if (this.vrrp !== "MASTER" || this.claiming) return false;
    if (decision.why !== this.saidWhy) this.options.log(`${before}${this.options.floatingAddress} stays where it is: ${decision.why}`);
    this.saidWhy = decision.why;
    return true;
  }

  private decision(claiming = this.claiming): Decision {
    const { vrrp, holding } = this;
    return decide({ vrrp, holding, self: this.options.self, attention: this.prober?.attention ?? noAttention, claiming });
  }

  /** Claims until the cloud has moved the address, or until there is no reason any more. */
  private async claim(reason: string): Promise<void> {
    this.claiming = true;
    const { log, floatingAddress } = this.options;
    const start = performance.now();
    const sayRefused = transitions(log);
    let why = reason;
    for (let refusals = 1; !this.signal.aborted; refusals += 1) {
      const attempt = this.move(start);
      if (refusals === 1) log(`${why}; claiming ${floatingAddress}`);
      const refusal = await attempt;
      if (refusal === null) break;
      const pauseMs = retryDelayMs(refusals, Math.random(), refusal.retryAfterMs);
      sayRefused(`claim of ${floatingAddress} not done, trying again: ${refusal.message}`);
      // What the refusal means is known better by who holds the address now; an API that is silent about it holds up nothing.
      await Promise.all([this.wait(pauseMs), Promise.race([this.look(), this.wait(500)])]);
      const decision = this.decision(false);
      if (!decision.claim) {
        log(`no claim of ${floatingAddress} any more after ${seconds(start)}: ${decision.why}`);
        break;
      }
      why = decision.why;
    }
    this.claiming = false;
    this.options.onChange();
    this.consider();
  }

  /** Null when the address is here. */
  private async move(start: number): Promise<ApiError | null> {
    const { address, floatingAddress, self } = this.options;
    try {
      const move = await address.claim();
      this.claims += 1;
      const accepted = seconds(start);
      if (move !== null) await this.settle(move);
      this.claims += 1;
      this.learn({ state: "held", id: self, publicAddress: null }, `${floatingAddress} claimed after ${seconds(start)}, accepted after ${accepted}`);
      return null;
    } catch (error) {
      if (error instanceof ApiError) return error;
      throw error;
    }
  }

  /** Waits for a move's end; rejects when it failed or took too long. */
  private async settle(move: string): Promise<void> {
    const start = performance.now();
    const elapsed = (): number => performance.now() - start;
    while (elapsed() < moveLimitMs && !this.signal.aborted) {
      await this.wait(pollDelayMs(elapsed()));
      const progress = await this.options.address.progress(move).catch((error: unknown) => {
        this.apiFailed(error);
        return "moving" as const;
      });
      if (progress === "done") return;
      if (progress === "failed") throw new ApiError("the cloud accepted the move and then failed to do it");
    }
    throw new ApiError(`the move was accepted, but is not done after ${seconds(start)}`);
  }

  /** Asks the API who holds the address. */
  private async look(): Promise<void> {
    const { claims } = this;
    this.lookedAt = performance.now();
    try {
      const holding = await this.options.address.holding();
      if (this.apiFails !== null) this.options.log("the API answers again");
      this.apiFails = null;
      if (claims === this.claims) this.learn(holding, this.describe(holding));
    } catch (error) {
      this.apiFailed(error);
    }
  }

  private apiFailed(error: unknown): void {
    const words = `the API fails, what it said last stays in force: ${message(error)}`;
    if (words !== this.apiFails) this.options.log(words);
    this.apiFails = words;
  }

  private lookPauseMs(): number {
    if (this.holding === null || this.apiFails !== null) return lookAgainMs.unknown;
    return this.holding.state === "moving" ? lookAgainMs.moving : lookAgainMs.settled;
  }

  private learn(holding: Holding, words: string): void {
    this.holding = holding;
    this.sayHolding(words);
    const { self } = this.options;
    this.attend(holding.state === "held" && holding.id !== self ? holding.publicAddress : null);
    this.options.onChange();
    if (!this.claiming) this.consider();
  }

  /** Asks this holder from now on, and no other. */
  private attend(publicAddress: string | null): void {
    if (publicAddress === this.asked) return;
    this.prober?.stop();
    this.asked = publicAddress;
    this.prober = publicAddress === null ? null : new Prober({
      ask: this.options.presenceOf(publicAddress),
      onChange: () => this.consider(),
    });
  }

  private describe(holding: Holding): string {
    const { floatingAddress, self } = this.options;
    switch (holding.state) {
      case "free": return `${floatingAddress} is held by nobody`;
      case "moving": return `${floatingAddress} is being moved`;
      case "held": return holding.id === self ? `this machine holds ${floatingAddress}` : `${floatingAddress}: ${nameHolder(holding)}`;
      default: return holding satisfies never;
    }
  }

  private async wait(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.signal }).catch(() => null);
  }
}

const seconds = (start: number): string => `${((performance.now() - start) / 1000).toFixed(2)} s`;
