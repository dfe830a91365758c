import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ApiError } from "../../../agents/api/error.ts";
import type { FloatingAddress, Holding } from "../../../agents/lb/address/address.ts";
import { leave } from "../../../agents/lb/handover.ts";
import { runtimeApi } from "../../../agents/lb/haproxy.ts";
import { FakeHaproxy } from "./support/fakeHaproxy.ts";

let folder: string;
let haproxy: FakeHaproxy;
let log: string[];
const path = (name: string): string => join(folder, name);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "quickcart-handover-"));
  haproxy = new FakeHaproxy();
  await haproxy.listen(path("admin.sock"));
  log = [];
});
afterEach(async () => {
  await haproxy.close();
  await rm(folder, { recursive: true });
});

/** A cloud that says these, one after the other; the last one for ever. */
function cloud(...holdings: (Holding | ApiError)[]): FloatingAddress {
  return {
    async holding() {
      const [now = new ApiError("503")] = holdings;
      if (holdings.length > 1) holdings.shift();
      if (now instanceof ApiError) throw now;
      return now;
    },
    claim: () => Promise.reject(new Error("nobody claims who leaves")),
    progress: () => Promise.reject(new Error("nobody claims who leaves")),
    close: () => undefined,
  };
}

const here: Holding = { state: "held", id: "2", publicAddress: "198.18.1.2" };
const there: Holding = { state: "held", id: "1", publicAddress: "198.18.1.1" };
const leaving = (address: FloatingAddress): Promise<boolean> => leave({
  ask: runtimeApi(path("admin.sock")), address, self: "2", trackPath: path("haproxy"), log: (line) => void log.push(line), limitMs: 700,
});

test("says so first, to the other load balancer and to keepalived, and waits until that one has the address", async () => {
  let saidBefore = false;
  const address = cloud(here, { state: "moving" }, there);
  expect(await leaving({
    ...address,
    async holding() {
      saidBefore ||= haproxy.find("present").admin === 1;
      return address.holding();
    },
  })).toBe(true);
  expect(saidBefore).toBe(true);
  expect(await readFile(path("haproxy"), "utf8")).toBe("-254\n");
  expect(log).toEqual([expect.stringMatching(/^machine 1 holds the address, after \d\.\d\d s$/)]);
});

test("one that does not hold it can go at once", async () => {
  expect(await leaving(cloud(there))).toBe(true);
});

test.each([
  ["keeps it", here, "this machine still holds the address"],
  ["gives it to nobody", { state: "free" } as const, "nobody holds the address"],
  ["does not answer", new ApiError("GET …: 503"), "the cloud did not say who holds the address"],
])("does not wait for ever when the cloud %s", async (_, holding, words) => {
  expect(await leaving(cloud(holding))).toBe(false);
  expect(log.at(-1)).toMatch(new RegExp(`^${words}, after 0\\.\\d\\d s: is the other load balancer up`));
});

test("leaves also when HAProxy is gone already, and the agent", async () => {
  await haproxy.close();
  expect(await leaving(cloud(here, there))).toBe(true);
  expect(await readFile(path("haproxy"), "utf8")).toBe("-254\n");
  expect(log[0]).toMatch(/^HAProxy cannot say that it leaves: HAProxy does not answer on .*admin\.sock: there is no such socket$/);
});
