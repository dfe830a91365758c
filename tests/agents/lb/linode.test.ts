import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { FloatingAddress } from "../../../agents/lb/address/address.ts";
import { linodeAddress } from "../../../agents/lb/address/linode.ts";

/** Answers as the API's public reference says: techdocs.akamai.com/linode-api/reference/{get-ip,get-linode-ips,post-assign-ips}. */
class FakeLinode {
  holder: number | null = null;
  refusal: { status: number; reason: string; field?: string } | null = null;
  readonly seen: string[] = [];
  readonly server: Server = createServer(async (request, response) => {
    const body = await text(request);
    this.seen.push(`${request.method} ${request.url}${body}`);
    const answer = (status: number, content: object): void => void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(content));
    if (request.headers.authorization !== "Bearer token") return answer(401, { errors: [{ reason: "Invalid Token" }] });
    if (this.refusal !== null) return answer(this.refusal.status, { errors: [{ reason: this.refusal.reason, field: this.refusal.field }] });
    if (request.url === "/v4/networking/ips/203.0.113.9") {
      return answer(200, {
        address: "203.0.113.9", gateway: "203.0.113.1", interface_id: null, linode_id: this.holder, prefix: 24, public: true,
        rdns: null, region: "eu-central", reserved: true, subnet_mask: "255.255.255.0", type: "ipv4", vpc_nat_1_1: null,
      });
    }
    const instance = /^\/v4\/linode\/instances\/(\d+)\/ips$/.exec(request.url ?? "")?.[1];
    if (instance !== undefined) {
      const own = { address: `203.0.113.${instance}`, linode_id: Number(instance), type: "ipv4", public: true, region: "eu-central" };
      return answer(200, { ipv4: { private: [], public: [{ ...own, address: "203.0.113.9" }, own], reserved: [], shared: [], vpc: [] }, ipv6: {} });
    }
    if (request.url === "/v4/networking/ips/assign") {
      this.holder = JSON.parse(body).assignments[0].linode_id;
      return answer(200, {});
    }
    return answer(404, { errors: [{ reason: "Not found" }] });
  });
}

let linode: FakeLinode;
let address: FloatingAddress;
const options = (instanceId: string, token = "token", floatingAddress = "203.0.113.9") => ({
  floatingAddress, instanceId, token, origin: `http://127.0.0.1:${(linode.server.address() as AddressInfo).port}`,
});

beforeEach(async () => {
  linode = new FakeLinode();
  await new Promise<void>((resolve) => linode.server.listen(0, "127.0.0.1", resolve));
  address = linodeAddress(options("101"));
});
afterEach(async () => {
  address.close();
  linode.server.closeAllConnections();
  await new Promise((resolve) => linode.server.close(resolve));
});

test("claims in one call, in the address's own region", async () => {
  expect(await address.holding()).toEqual({ state: "free" });
  expect(await address.claim()).toBeNull();
  expect(linode.seen).toEqual([
    "GET /v4/networking/ips/203.0.113.9",
    'POST /v4/networking/ips/assign{"region":"eu-central","assignments":[{"address":"203.0.113.9","linode_id":101}]}',
  ]);
  expect(await address.holding()).toEqual({ state: "held", id: "101", publicAddress: "203.0.113.101" });
});

test("asks for the region first when it does not know it", async () => {
  await address.claim();
  expect(linode.seen).toHaveLength(2);
});

test("asks once where a holder is", async () => {
  linode.holder = 102;
  await address.holding();
  expect(await address.holding()).toEqual({ state: "held", id: "102", publicAddress: "203.0.113.102" });
  expect(linode.seen.filter((line) => line.includes("/instances/"))).toHaveLength(1);
});

test.each([
  ["token", "203.0.113.9", { status: 400, reason: "Linode is busy.", field: "assignments" }, /400 assignments: Linode is busy\.$/],
  ["token", "203.0.113.9", { status: 403, reason: "Unauthorized" }, /403 Unauthorized \(.*quickcart:addressToken/],
  ["wrong", "203.0.113.9", null, /401 Invalid Token \(.*quickcart:addressToken .*ips:read_write/],
  ["token", "203.0.113.77", null, /404 Not found \(.*has no such address/],
])("with the token %s, for %s, when it says %j", async (token, floatingAddress, refusal, message) => {
  linode.refusal = refusal;
  const other = linodeAddress(options("101", token, floatingAddress));
  await expect(other.holding()).rejects.toMatchObject({ name: "ApiError", message: expect.stringMatching(message) });
  other.close();
});
