import type { Progress } from "../../../agents/api/cloud.ts";
import { ApiError } from "../../../agents/api/error.ts";
import type { FloatingAddress, Holding } from "../../../agents/lb/address/address.ts";
import type { Answer } from "../../../agents/lb/attention.ts";
import { Keeper } from "../../../agents/lb/keeper.ts";
import { until } from "../support/until.ts";

/** A cloud that moves the address as soon as it is asked how that goes. */
class FakeCloud implements FloatingAddress {
  now: Holding = { state: "held", id: "1", publicAddress: "198.18.1.1" };
  /** Calls in their order. */
  readonly calls: string[] = [];
  /** What the next claims are refused with. */
  refusals: ApiError[] = [];
  progresses: Progress[] = [];
  /** Looks fail with this. */
  away: ApiError | null = null;

  async holding(): Promise<Holding> {
    this.calls.push("look");
    if (this.away !== null) throw this.away;
    return this.now;
  }

  async claim(): Promise<string> {
    this.calls.push("claim");
    const refusal = this.refusals.shift();
    if (refusal !== undefined) throw refusal;
    return "move";
  }

  async progress(): Promise<Progress> {
    const progress = this.progresses.shift() ?? "done";
    if (progress === "done") this.now = { state: "held", id: "2", publicAddress: "198.18.1.2" };
    return progress;
  }

  close(): void {
    this.calls.push("close");
  }

  get claims(): number {
    return this.calls.filter((call) => call === "claim").length;
  }
}

let cloud: FakeCloud;
let keeper: Keeper;
let log: string[];
let answer: Answer | null;
let asked: string[];
let stop: AbortController;
let running: Promise<void>;

beforeEach(async () => {
  cloud = new FakeCloud();
  log = [];
  answer = "serving";
  asked = [];
  stop = new AbortController();
  keeper = new Keeper({
    address: cloud, floatingAddress: "203.0.113.9", self: "2",
    presenceOf: (publicAddress) => async () => {
      asked.push(publicAddress);
      return answer;
    },
    onChange: () => undefined,
    log: (line) => void log.push(line),
  });
});
afterEach(async () => {
  stop.abort();
  await running;
});

async function start(): Promise<void> {
  running = keeper.run(stop.signal);
  await until("the holder is known", () => keeper.holding !== null);
}
const isHere = (): boolean => keeper.holding?.state === "held" && keeper.holding.id === "2";
const line = (pattern: RegExp): boolean => log.some((text) => pattern.test(text));

test("claims from a holder that fell silent, without asking the cloud first", async () => {
  answer = null;
  await start();
  await until("the holder is silent", () => asked.length >= 7);
  const before = cloud.calls.length;
  keeper.becomes("MASTER");
  expect(cloud.calls.slice(before)).toEqual(["claim"]);
  await until("the address is here", isHere);
  expect(log[1]).toMatch(/^keepalived says MASTER; the holder \(machine 1, 198\.18\.1\.1\) is silent for \d+ ms; claiming 203\.0\.113\.9$/);
  expect(line(/^203\.0\.113\.9 claimed after \d\.\d\d s, accepted after \d\.\d\d s$/)).toBe(true);
  expect(cloud.claims).toBe(1);
});

test("does not fight over it with a holder that serves, and claims when that one falls silent", async () => {
  await start();
  keeper.becomes("MASTER");
  await until("the holder answered", () => line(/stays where it is: the holder \(machine 1, 198\.18\.1\.1\) serves/));
  const { length } = asked;
  await until("it was asked five times more", () => asked.length > length + 5);
  expect(cloud.claims).toBe(0);
  answer = null;
  await until("the address is here", isHere);
  expect(cloud.claims).toBe(1);
});

test("claims at once from a holder that says that it leaves", async () => {
  answer = "leaving";
  await start();
  keeper.becomes("BACKUP");
  await until("the holder answered twice", () => asked.length >= 2);
  expect(cloud.claims).toBe(0);
  keeper.becomes("MASTER");
  await until("the address is here", isHere);
  expect(line(/is about to leave; claiming/)).toBe(true);
});

test("asks nobody once it holds the address itself", async () => {
  cloud.now = { state: "free" };
  await start();
  keeper.becomes("MASTER");
  await until("the address is here", isHere);
  keeper.becomes("BACKUP");
  keeper.becomes("MASTER");
  await until("it looked again", () => cloud.calls.filter((call) => call === "look").length >= 3);
  expect([asked, cloud.claims]).toEqual([[], 1]);
});

test.each([
  ["422", new ApiError("422 The reserved IP already has a pending event.")],
  ["429", new ApiError("429 API rate limit exceeded.", { status: 429, retryAfterMs: 400 })],
  ["503", new ApiError("503 without words")],
  ["a network that fails", new ApiError("connect ECONNREFUSED")],
])("tries again after %s", async (_, refusal) => {
  cloud.now = { state: "free" };
  cloud.refusals = [refusal, refusal];
  await start();
  const began = performance.now();
  keeper.becomes("MASTER");
  await until("the address is here", isHere);
  expect(cloud.claims).toBe(3);
  expect(performance.now() - began).toBeGreaterThanOrEqual(2 * Math.max(100, refusal.retryAfterMs) - 5);
  // Said once, however often it happens.
  expect(log.filter((text) => text.includes(refusal.message))).toEqual([`claim of 203.0.113.9 not done, trying again: ${refusal.message}`]);
});

test("decides again before it tries again: keepalived may have changed its mind", async () => {
  cloud.now = { state: "free" };
  cloud.refusals = [new ApiError("503 without words")];
  await start();
  keeper.becomes("MASTER");
  keeper.becomes("FAULT");
  await until("it has given up", () => line(/^no claim of 203\.0\.113\.9 any more after .*: keepalived says FAULT$/));
  expect(cloud.claims).toBe(1);
});

test("or the claim that seemed to fail may have been accepted", async () => {
  cloud.now = { state: "free" };
  cloud.refusals = [new ApiError("no answer within 5000 ms")];
  await start();
  cloud.now = { state: "held", id: "2", publicAddress: "198.18.1.2" };
  keeper.becomes("MASTER");
  await until("it knows", () => line(/^no claim of 203\.0\.113\.9 any more after .*: this machine holds the address$/));
  expect(cloud.claims).toBe(1);
});

test("a move that the cloud could not do is asked for again", async () => {
  cloud.now = { state: "free" };
  cloud.progresses = ["moving", "failed"];
  await start();
  keeper.becomes("MASTER");
  await until("the address is here", isHere);
  expect(cloud.claims).toBe(2);
});

test("while the cloud is silent the last known holder stays, and a claim is tried all the same", async () => {
  await start();
  cloud.away = new ApiError("503 without words");
  answer = null;
  cloud.refusals = [cloud.away];
  keeper.becomes("MASTER");
  await until("a claim was refused", () => cloud.claims >= 1);
  await until("the address is here", isHere);
  expect(line(/^the API fails, what it said last stays in force: 503 without words$/)).toBe(true);
});

test("what the cloud said before a claim was accepted is not believed after it", async () => {
  answer = null;
  await start();
  await until("the holder is silent", () => asked.length >= 7);
  let late: ((holding: Holding) => void) | null = null;
  cloud.holding = () => new Promise((resolve) => { late = resolve; });
  keeper.becomes("BACKUP");
  await until("a look is under way", () => late !== null);
  const tell = late as ((holding: Holding) => void) | null;
  keeper.becomes("MASTER");
  await until("the address is here", isHere);
  tell?.({ state: "held", id: "1", publicAddress: "198.18.1.1" });
  await new Promise((resolve) => setImmediate(resolve));
  expect([isHere(), cloud.claims]).toEqual([true, 1]);
});
