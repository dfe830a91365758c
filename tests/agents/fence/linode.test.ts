import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { linodePower } from "../../../agents/fence/power/linode.ts";
import type { Power } from "../../../agents/fence/power/power.ts";

/** Answers as the API's public reference says: techdocs.akamai.com/linode-api/reference/{get-linode-instance,post-shutdown-linode-instance,post-boot-linode-instance}. */
class FakeLinode {
  status = "running";
  refusal: { status: number; reason: string } | null = null;
  readonly seen: string[] = [];
  readonly server: Server = createServer((request, response) => {
    this.seen.push(`${request.method} ${request.url}`);
    const answer = (status: number, content: object): void => void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(content));
    if (request.headers.authorization !== "Bearer token") return answer(401, { errors: [{ reason: "Invalid Token" }] });
    if (this.refusal !== null) return answer(this.refusal.status, { errors: [{ reason: this.refusal.reason }] });
    switch (`${request.method} ${request.url}`) {
      case "GET /v4/linode/instances/101": return answer(200, { id: 101, label: "quickcart-prod-db-1", status: this.status, watchdog_enabled: true });
      case "POST /v4/linode/instances/101/shutdown":
        this.status = "shutting_down";
        return answer(200, {});
      case "POST /v4/linode/instances/101/boot":
        this.status = "booting";
        return answer(200, {});
      default: return answer(404, { errors: [{ reason: "Not found" }] });
    }
  });
}

let linode: FakeLinode;
let power: Power;
const origin = (): string => `http://127.0.0.1:${(linode.server.address() as AddressInfo).port}`;

beforeEach(async () => {
  linode = new FakeLinode();
  await new Promise<void>((resolve) => linode.server.listen(0, "127.0.0.1", resolve));
  power = linodePower({ token: "token", origin: origin() });
});
afterEach(async () => {
  power.close();
  linode.server.closeAllConnections();
  await new Promise((resolve) => linode.server.close(resolve));
});

test("off, confirmed once it says offline; then on", async () => {
  const off = await power.off("101");
  expect(await power.progress("101", String(off))).toBe("moving");
  linode.status = "offline";
  expect([await power.progress("101", String(off)), await power.isOff("101")]).toEqual(["done", true]);
  const on = await power.on("101");
  expect([await power.progress("101", String(on)), await power.isOff("101")]).toEqual(["moving", false]);
  linode.status = "running";
  expect(await power.progress("101", String(on))).toBe("done");
});

test.each([["off", "offline"], ["on", "running"]] as const)("%s when it is %s already: nothing is asked", async (verb, status) => {
  linode.status = status;
  expect(await power[verb]("101")).toBeNull();
  expect(linode.seen).toEqual(["GET /v4/linode/instances/101"]);
});

test.each([
  ["token", "101", { status: 400, reason: "Linode busy." }, /400 Linode busy\.$/],
  ["token", "101", { status: 403, reason: "Unauthorized" }, /403 Unauthorized \(.*quickcart:fenceToken/],
  ["wrong", "101", null, /401 Invalid Token \(.*quickcart:fenceToken .*linodes:read_write/],
  ["token", "102", null, /404 Not found \(.*has no such Linode/],
])("with the token %s, of %s, when it says %j", async (token, machine, refusal, message) => {
  linode.refusal = refusal;
  const other = linodePower({ token, origin: origin() });
  await expect(other.off(machine)).rejects.toMatchObject({ name: "ApiError", message: expect.stringMatching(message) });
  other.close();
});
