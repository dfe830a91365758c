import { type Change } from "../../../localcloud/plugins/core/diff.ts";
import { type JsonObject } from "../../../localcloud/plugins/core/values.ts";
import { digitalocean } from "../../../localcloud/plugins/digitalocean/plugin.ts";
import { fakeClock, replay, type ReplayOptions } from "../support/recording.ts";
import { createStage, type Stage } from "../support/stage.ts";

/**
 * Where the stand-in differs on purpose; everything else must be equal, request by request.
 * - It waits less between polls, and so asks more often while something takes long. (Time is not compared here.)
 * - Firewall rules and XML elements keep the program's order; the official plugin's comes from hashes.
 * - Headers that only transport cares for: user-agent, accept-encoding, content-md5 of such XML.
 * - A diff names the inputs that changed; the official one also lists outputs that will (`ipv6Address`, `__meta`).
 */
type Step =
  | { up: JsonObject; changes?: string[]; type?: string; name?: string }
  | { refresh: string[] }
  | { fails: RegExp; up?: JsonObject }
  | { destroy: string[] };

const type = (name: string): string => `digitalocean:index/${name.charAt(0).toLowerCase()}${name.slice(1)}:${name}`;

const vpcId = "f96371b1-a673-424d-9f43-6ba725256d8a";
const app = {
  name: "app-1", region: "fra1", size: "s-1vcpu-2gb", image: "ubuntu-24-04-x64", sshKeys: ["51200000"], monitoring: true, vpcUuid: vpcId, dropletAgent: true,
  publicNetworking: false, tags: ["role:app", "env:prod"], userData: "#cloud-config\npackages: [nginx]\n",
};
const small = { region: "fra1", size: "s-1vcpu-1gb", image: "ubuntu-24-04-x64" };
const lb = { name: "lb-1", region: "fra1", size: "c-2", image: "debian-12-x64", sshKeys: ["c3:30:23:a0:aa:07:7e:c3:2c:f9:05:10:52:a6:67:3e"], vpcUuid: "ea3b3f9f-5fbf-400f-bfe9-5a11052886dd", gracefulShutdown: true };
const shop = { name: "shop-fra1", region: "fra1", description: "shop network", ipRange: "10.10.0.0/20" };
const errorVpc = { name: "shop-fra1", region: "fra1", description: "y", ipRange: "10.10.0.0/20" };
const keys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8mWm3b1pWn3zv2QnXoGQ3zLq2cY9gQm1k2tFvR8s7x ops@example.com", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBbq0cE5w0oTn4w7t8S5cE3y0l2kT8w1R9m6mYq0bVpZ ops2@example.com"];
const everywhere = ["0.0.0.0/0", "::/0"];
const firewall = (lbPorts: string): JsonObject => ({
  name: "shop-app", tags: ["role:app"],
  inboundRules: [
    { protocol: "tcp", portRange: lbPorts, sourceTags: ["role:lb"] }, { protocol: "tcp", portRange: "all", sourceAddresses: ["10.10.0.0/20"] },
    { protocol: "tcp", portRange: "22", sourceAddresses: ["192.0.2.0/24"] }, { protocol: "icmp", sourceAddresses: ["10.10.0.0/20"] },
  ],
  outboundRules: [
    { protocol: "tcp", portRange: "all", destinationAddresses: everywhere }, { protocol: "udp", portRange: "all", destinationAddresses: everywhere },
    { protocol: "icmp", destinationAddresses: everywhere },
  ],
});
const backups = (versioning: boolean, days: number): JsonObject => ({
  name: "shop-backups", region: "fra1", forceDestroy: true, versioning: { enabled: versioning },
  corsRules: [{ allowedHeaders: ["*"], allowedMethods: ["GET"], allowedOrigins: ["https://www.example.com"], maxAgeSeconds: 3000 }],
  lifecycleRules: [{ id: "expire-old", prefix: "archive/", enabled: true, abortIncompleteMultipartUploadDays: 2, expiration: { days }, noncurrentVersionExpiration: { days: 7 } }],
});
const policy = (action: string | string[]): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: [{ Sid: "Read", Effect: "Allow", Principal: "*", Action: action, Resource: ["arn:aws:s3:::shop-policy/*"] }] });
const cors = (methods: string[]): JsonObject[] => [{ allowedHeaders: ["*"], allowedMethods: methods, allowedOrigins: ["https://www.example.com"], exposeHeaders: ["ETag"], maxAgeSeconds: 3000 }];
const object = (content: string): JsonObject => ({ bucket: "shop-static", region: "fra1", key: "conf/app.json", content, contentType: "application/json", metadata: { owner: "ops" } });

const refresh = { refresh: [] };
const destroy = { destroy: ["it"] };

const scenarios: { recording: string; type: string; steps: Step[]; settings?: JsonObject }[] = [
  { recording: "vpc", type: "Vpc", steps: [
    { up: shop }, refresh, { up: { ...shop, name: "shop-fra1-renamed", description: "changed" }, changes: ["description", "name"] }, refresh,
    { up: { ...shop, name: "shop-fra1-renamed", description: "changed", ipRange: "10.20.0.0/20" }, changes: ["ipRange!"] }, destroy,
  ] },
  { recording: "tag", type: "Tag", steps: [{ up: { name: "role:app" } }, refresh, { up: { name: "role:db" }, changes: ["name!"] }, destroy] },
  { recording: "sshkey", type: "SshKey", steps: [
    { up: { name: "ops", publicKey: keys[0] ?? "" } }, refresh, { up: { name: "ops-renamed", publicKey: keys[0] ?? "" }, changes: ["name"] }, refresh,
    { up: { name: "ops-renamed", publicKey: keys[1] ?? "" }, changes: ["publicKey!"] }, destroy,
  ] },
  { recording: "droplet", type: "Droplet", steps: [
    { up: app }, refresh, { up: app, changes: [] },
    { up: { ...app, tags: [...app.tags, "tier:web"] }, changes: ["tags"] }, refresh,
    { up: { ...app, tags: [...app.tags, "tier:web"], size: "s-2vcpu-4gb" }, changes: ["size"] }, refresh,
    { up: { ...app, tags: [...app.tags, "tier:web"], size: "s-2vcpu-4gb", userData: `${app.userData}# v2\n` }, changes: ["userData!"] }, destroy,
  ] },
  { recording: "droplet-public", type: "Droplet", steps: [
    { up: lb }, refresh, { up: { ...lb, name: "lb-2", ipv6: true }, changes: ["ipv6", "name"] }, { refresh: ["ipv6"] }, destroy,
  ] },
  { recording: "droplet-ipv6", type: "Droplet", steps: [
    { up: { ...small, name: "six" } }, { up: { ...small, name: "six", ipv6: true }, changes: ["ipv6"] }, refresh, { up: { ...small, name: "six" }, changes: ["ipv6!"] }, destroy,
  ] },
  { recording: "droplet-rename-ipv6", type: "Droplet", steps: [
    { up: { ...small, name: "six" } }, { up: { ...small, name: "seven", ipv6: true }, changes: ["ipv6", "name"] }, { refresh: ["ipv6"] },
    { up: { ...small, name: "seven", ipv6: true }, changes: ["ipv6"] }, destroy,
  ] },
  { recording: "slow-action", type: "Droplet", steps: [{ up: { ...small, name: "slow" } }, { up: { ...small, name: "slow", size: "s-1vcpu-2gb" }, changes: ["size"] }, destroy] },
  { recording: "firewall", type: "Firewall", steps: [{ up: firewall("8080") }, refresh, { up: firewall("8080"), changes: [] }, { up: firewall("8080-8081"), changes: ["inboundRules"] }, refresh, destroy] },
  { recording: "reservedip", type: "ReservedIp", steps: [{ up: { region: "fra1" } }, refresh, { up: { region: "nyc3" }, changes: ["region!"] }, destroy] },
  { recording: "reservedip-moved", type: "ReservedIp", steps: [{ up: { region: "fra1" } }, refresh, destroy] },
  { recording: "reservedip-fast", type: "ReservedIp", steps: [{ up: { region: "fra1" } }, { up: { region: "fra1", dropletId: 400100000 }, changes: ["dropletId"] }, refresh, destroy] },
  { recording: "spaceskey", type: "SpacesKey", steps: [
    { up: { name: "backup", grants: [{ bucket: "shop-backups", permission: "readwrite" }] } }, refresh,
    { up: { name: "backup", grants: [{ bucket: "shop-backups", permission: "read" }, { bucket: "shop-static", permission: "readwrite" }] }, changes: ["grants"] }, refresh, destroy,
  ] },
  { recording: "spaces-bucket-min", type: "SpacesBucket", steps: [{ up: { name: "shop-min", region: "fra1" } }, refresh, destroy] },
  { recording: "spaces-bucket", type: "SpacesBucket", steps: [
    { up: backups(true, 30) }, refresh, { up: backups(false, 60), changes: ["lifecycleRules", "versioning"] }, refresh, { up: backups(true, 30), changes: ["lifecycleRules", "versioning"] }, destroy,
  ] },
  { recording: "spaces-notempty", type: "SpacesBucket", steps: [{ up: { name: "shop-min", region: "fra1" } }, { fails: /deleting SpacesBucket 'it': bucket 'shop-min' is not empty.*forceDestroy.*409 BucketNotEmpty/ }] },
  { recording: "err-429-ra2", type: "Vpc", steps: [{ up: errorVpc }, refresh, destroy] },
  { recording: "err-503-ra", type: "Vpc", steps: [{ up: errorVpc }, destroy] },
  { recording: "err-hangup", type: "Vpc", steps: [{ up: errorVpc }] },
  { recording: "err-500", type: "Vpc", steps: [
    { up: errorVpc }, { up: { ...errorVpc, description: "x" }, fails: /updating Vpc 'it': PUT .*\/v2\/vpcs\/.*: 500 \(request "r1"\) Unexpected server-side error; giving up after 5 attempt\(s\)/ }, destroy,
  ] },
  { recording: "err-vpc-busy", type: "Vpc", steps: [{ up: { name: "busy", region: "fra1" } }, destroy] },
  { recording: "err-droplet-errored", type: "Droplet", steps: [{ up: { ...small, name: "e" } }, destroy] },
  { recording: "err-501", type: "Vpc", steps: [{ up: errorVpc, fails: /creating Vpc 'it': POST .*\/v2\/vpcs: 501 .*not implemented$/ }] },
  { recording: "err-401", type: "Vpc", steps: [{ up: errorVpc, fails: /401 .*Unable to authenticate you/ }] },
  { recording: "err-429-forever", type: "Vpc", steps: [{ up: errorVpc, fails: /429 .*giving up after 5 attempt\(s\)/ }] },
  { recording: "err-retry-off", type: "Vpc", settings: { httpRetryMax: "0" }, steps: [{ up: errorVpc, fails: /503 .*busy$/ }] },
  { recording: "err-html", type: "Vpc", steps: [{ up: errorVpc, fails: /not JSON: <html>proxy<\/html>/ }, { up: errorVpc, fails: /400 plain text/ }] },
];

interface Started { stage: Stage; finish(): void }

async function start(recording: string, settings: JsonObject = {}, options: ReplayOptions = {}): Promise<Started> {
  const { http, left, differences } = replay(recording, options);
  const environment = { SPACES_ENDPOINT_URL: "http://localhost:9000", SPACES_ACCESS_KEY_ID: "DO00TESTKEY", SPACES_SECRET_ACCESS_KEY: "secret", DIGITALOCEAN_TOKEN: "token" };
  const stage = createStage(digitalocean(environment, http, fakeClock()));
  await stage.handlers.configure(settings);
  return {
    stage,
    finish: () => {
      for (const { recorded, ours } of differences) expect(ours).toEqual(recorded);
      expect(left()).toEqual([]);
    },
  };
}

const named = (changes: Change[]): string[] => changes.map(({ key, replaces }) => `${key}${replaces ? "!" : ""}`);

async function play(stage: Stage, step: Step, typeName: string): Promise<void> {
  if ("fails" in step) await expect(step.up ? stage.up(type(typeName), "it", step.up) : stage.destroy("it")).rejects.toThrow(step.fails);
  else if ("up" in step) expect(named(await stage.up(type(typeName), "it", step.up))).toEqual(step.changes ?? []);
  else if ("refresh" in step) expect(named(await stage.refresh("it"))).toEqual(step.refresh);
  else for (const name of step.destroy) await stage.destroy(name);
}

describe("the stand-in says what the official plugin said", () => {
  it.each(scenarios)("$recording", async ({ recording, type: typeName, steps, settings }) => {
    const { stage, finish } = await start(recording, settings);
    for (const step of steps) await play(stage, step, typeName);
    finish();
  });

  it.each([
    { recording: "spaces-object", second: "SpacesBucketObject", bucket: { name: "shop-static", region: "fra1", versioning: { enabled: true } }, first: object('{"v":1}'), then: object('{"v":2}'), change: "content", order: ["second", "it"] },
    { recording: "spaces-policy", second: "SpacesBucketPolicy", bucket: { name: "shop-policy", region: "fra1" }, first: { bucket: "shop-policy", region: "fra1", policy: policy("s3:GetObject") }, then: { bucket: "shop-policy", region: "fra1", policy: policy(["s3:GetObject", "s3:ListBucket"]) }, change: "policy", order: ["it", "second"] },
    { recording: "spaces-cors", second: "SpacesBucketCorsConfiguration", bucket: { name: "shop-cors", region: "fra1" }, first: { bucket: "shop-cors", region: "fra1", corsRules: cors(["GET"]) }, then: { bucket: "shop-cors", region: "fra1", corsRules: cors(["GET", "HEAD"]) }, change: "corsRules", order: ["second", "it"] },
  ])("$recording, a bucket with something in it", async ({ recording, second, bucket, first, then, change, order }) => {
    const { stage, finish } = await start(recording, {}, { interleaved: true });
    await stage.up(type("SpacesBucket"), "it", bucket);
    await stage.up(type(second), "second", first);
    for (const name of order) expect(await stage.refresh(name)).toEqual([]);
    expect(named(await stage.up(type(second), "second", then))).toEqual([change]);
    for (const name of order) expect(await stage.refresh(name)).toEqual([]);
    await stage.destroy("second");
    await stage.destroy("it");
    finish();
  });

  it("err-gone: what was deleted outside is dropped from the state by a refresh", async () => {
    const { stage, finish } = await start("err-gone", {}, { interleaved: true });
    await stage.up(type("SshKey"), "key", { name: "k2", publicKey: keys[1] ?? "" });
    await stage.up(type("ReservedIp"), "address", { region: "fra1" });
    await stage.up(type("Tag"), "tag", { name: "role:x" });
    await stage.up(type("SpacesKey"), "spaces key", { name: "sk" });
    await stage.up(type("Firewall"), "firewall", { name: "f", inboundRules: [{ protocol: "tcp", portRange: "22", sourceAddresses: ["192.0.2.0/24"] }] });
    await stage.up(type("Vpc"), "vpc", { name: "x", region: "fra1" });
    await stage.up(type("Droplet"), "droplet", { ...small, name: "d" });
    for (const name of ["key", "address", "tag", "spaces key", "firewall", "vpc", "droplet"]) {
      await stage.refresh(name);
      expect(stage.has(name)).toBe(false);
    }
    finish();
  });

  it("err-gone-delete: a droplet that is gone is fine, anything else is an error", async () => {
    const { stage, finish } = await start("err-gone-delete", {}, { interleaved: true, without: "/v2/volumes" });
    await stage.up(type("Tag"), "tag", { name: "role:x" });
    await stage.up(type("Vpc"), "vpc", { name: "x", region: "fra1" });
    await stage.up(type("ReservedIp"), "address", { region: "fra1" });
    await stage.up(type("SshKey"), "key", { name: "k2", publicKey: keys[1] ?? "" });
    await stage.up(type("Firewall"), "firewall", { name: "f", inboundRules: [{ protocol: "tcp", portRange: "22", sourceAddresses: ["192.0.2.0/24"] }] });
    await stage.up(type("Droplet"), "droplet", { ...small, name: "d" });
    for (const name of ["tag", "vpc", "address", "key", "firewall"]) await expect(stage.destroy(name)).rejects.toThrow(/404 .*could not be found/);
    await stage.destroy("droplet");
    finish();
  });
});
