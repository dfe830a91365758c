import { createHash } from "node:crypto";
import { InitFailed } from "../../../localcloud/plugins/core/resource.ts";
import { type JsonObject, UNKNOWN } from "../../../localcloud/plugins/core/values.ts";
import { type Http } from "../../../localcloud/plugins/digitalocean/http.ts";
import { digitalocean } from "../../../localcloud/plugins/digitalocean/plugin.ts";
import { fakeClock } from "../support/recording.ts";
import { createStage, type Stage } from "../support/stage.ts";

const type = "digitalocean:index/droplet:Droplet";
const inputs = { name: "app-1", image: "debian-13-x64", size: "s-1vcpu-1gb", region: "fra1", publicNetworking: false, userData: "#cloud-config\n", tags: ["shop-app"] };

/** One droplet whose answers a test changes as it likes. */
interface FakeDroplet { fields: JsonObject; gone: boolean; stuck: boolean; asked: string[]; waited: number[] }

async function stageWith(change: (asked: number, droplet: FakeDroplet) => void = () => undefined): Promise<{ stage: Stage; droplet: FakeDroplet }> {
  const clock = fakeClock();
  const droplet: FakeDroplet = {
    gone: false, stuck: false, asked: [], waited: clock.waited,
    fields: {
      id: 7, name: "app-1", status: "active", locked: false, features: [], tags: ["shop-app"], vpc_uuid: "v", region: { slug: "fra1" }, size: { slug: "s-1vcpu-1gb" },
      networks: { v4: [{ type: "private", ip_address: "10.10.0.2" }], v6: [] },
    },
  };
  const http: Http = async ({ method, url }) => {
    droplet.asked.push(`${method} ${new URL(url).pathname}`);
    if (method === "DELETE") droplet.gone = !droplet.stuck;
    if (method === "POST") droplet.gone = false;
    change(droplet.asked.length, droplet);
    if (droplet.gone) return { status: 404, headers: {}, body: Buffer.from('{"id":"not_found","message":"gone"}') };
    return { status: 200, headers: {}, body: Buffer.from(JSON.stringify({ droplet: droplet.fields })) };
  };
  const stage = createStage(digitalocean({}, http, clock));
  await stage.handlers.configure({});
  return { stage, droplet };
}

describe("Droplet", () => {
  it("keeps user-data in the state as a hash only, and still sees it change", async () => {
    const { stage } = await stageWith();
    await stage.up(type, "it", inputs);
    expect(stage.get("it").outputs["userData"]).toBe(createHash("sha1").update(inputs.userData).digest("hex"));
    expect(stage.get("it").outputs).toMatchObject({ ipv4Address: "", ipv4AddressPrivate: "10.10.0.2", dropletUrn: "do:droplet:7", status: "active" });
    expect(await stage.up(type, "it", inputs)).toEqual([]);
    expect(await stage.up(type, "it", { ...inputs, userData: "#cloud-config\n# other\n" })).toMatchObject([{ key: "userData", replaces: true }]);
  });

  it.each<{ what: string; fields: JsonObject; drift: string[] }>([
    { what: "an extra tag", fields: { tags: ["shop-app", "zz"] }, drift: ["tags"] },
    { what: "no tags", fields: { tags: null }, drift: ["tags"] },
    { what: "tags in upper case", fields: { tags: ["SHOP-APP"] }, drift: [] },
    { what: "monitoring", fields: { features: ["monitoring"] }, drift: ["monitoring!"] },
    { what: "no features at all", fields: { features: null }, drift: [] },
    { what: "a public address", fields: { networks: { v4: [{ type: "public", ip_address: "198.18.1.1" }], v6: [] } }, drift: ["publicNetworking!"] },
    { what: "another VPC, which the program left to the server", fields: { vpc_uuid: "w" }, drift: [] },
    { what: "a machine that is off, with a volume", fields: { status: "off", volume_ids: ["1"] }, drift: [] },
    { what: "another size", fields: { size: { slug: "s-2vcpu-4gb" } }, drift: ["size"] },
  ])("a refresh that finds $what drifts by $drift", async ({ fields, drift }) => {
    const { stage, droplet } = await stageWith();
    await stage.up(type, "it", inputs);
    droplet.fields = { ...droplet.fields, ...fields };
    expect((await stage.refresh("it")).map(({ key, replaces }) => `${key}${replaces ? "!" : ""}`)).toEqual(drift);
  });

  it("is dropped from the state when it is gone, and deleting it is no error", async () => {
    const { stage, droplet } = await stageWith();
    await stage.up(type, "it", inputs);
    droplet.gone = true;
    await stage.destroy("it");
    await stage.up(type, "it", inputs);
    droplet.gone = true;
    await stage.refresh("it");
    expect(stage.has("it")).toBe(false);
  });

  it("that came to another state than active stays known, so that it can be deleted", async () => {
    const { stage, droplet } = await stageWith();
    droplet.fields = { ...droplet.fields, status: "archive" };
    const failed = stage.up(type, "it", inputs);
    await expect(failed).rejects.toThrow("droplet 7 came to state 'archive', wanted 'active'");
    await expect(failed).rejects.toBeInstanceOf(InitFailed);
    await expect(failed).rejects.toMatchObject({ id: "7" });
  });

  it("that does not go within a minute is an error, asked for with growing patience", async () => {
    const { stage, droplet } = await stageWith();
    await stage.up(type, "it", inputs);
    droplet.waited.length = 0;
    droplet.stuck = true;
    await expect(stage.destroy("it")).rejects.toThrow("waited 60 s for droplet 7 to be gone, in vain");
    expect(droplet.waited.slice(0, 7)).toEqual([500, 1000, 1500, 2000, 3000, 5000, 5000]);
    expect(droplet.waited.length).toBeLessThan(20);
    expect(stage.has("it")).toBe(true);
  });

  it("waits for a pending action before it is deleted, and shuts down first if asked to", async () => {
    const { stage, droplet } = await stageWith();
    await stage.up(type, "it", { ...inputs, gracefulShutdown: true });
    const began = droplet.asked.length;
    const other = await stageWith((asked, it) => {
      if (asked === began + 1) it.fields = { ...it.fields, locked: true };
      if (asked === began + 3) it.fields = { ...it.fields, locked: false };
      if (it.asked.at(-1) === "POST /v2/droplets/7/actions") it.fields = { ...it.fields, status: "off", action: {} };
    });
    await other.stage.up(type, "it", { ...inputs, gracefulShutdown: true });
    // The fake answers every request with the droplet, which is no action: that is where it ends here.
    await expect(other.stage.destroy("it")).rejects.toThrow("action");
    expect(other.droplet.asked.slice(began)).toEqual(["GET /v2/droplets/7", "GET /v2/droplets/7", "GET /v2/droplets/7", "POST /v2/droplets/7/actions"]);
  });

  it("without what the official plugin would die of is an error that names the field", async () => {
    const { stage, droplet } = await stageWith();
    Reflect.deleteProperty(droplet.fields, "networks");
    await expect(stage.up(type, "it", inputs)).rejects.toThrow(/networks/);
  });

  it.each<{ given: JsonObject; says: string }>([
    { given: { name: "bad_name" }, says: "only valid hostname characters" },
    { given: { userData: "x".repeat(64 * 1024 + 1) }, says: "64 KiB" },
    { given: { sshKeys: [7] }, says: "'sshKeys[0]'" },
  ])("refuses $given before anything is asked", async ({ given, says }) => {
    const { stage, droplet } = await stageWith();
    await expect(stage.up(type, "it", { ...inputs, ...given })).rejects.toThrow(says);
    expect(droplet.asked).toEqual([]);
  });

  it("shows in a preview what nobody can know yet", async () => {
    const { stage } = await stageWith();
    const subject = { urn: `urn:pulumi:dev::t::${type}::it`, id: "", oldInputs: {}, oldOutputs: {}, next: { ...inputs, vpcUuid: UNKNOWN }, timeoutSeconds: 0 };
    expect((await stage.handlers.create(subject, true)).outputs).toMatchObject({ name: "app-1", vpcUuid: UNKNOWN, ipv4AddressPrivate: UNKNOWN, status: UNKNOWN, publicNetworking: false });
  });
});
