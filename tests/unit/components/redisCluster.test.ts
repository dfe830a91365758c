import { plain, type Raised, raise } from "./raise.ts";

const config = { "quickcart:region": "fra1", "quickcart:app": '{"count":1}' };
const numbers = [1, 2, 3, 4, 5, 6];
const textOf = (raised: Raised, name: string, input: string): string => String(plain(raised.the("Command", name).inputs[input]));

let site: Raised;
beforeAll(async () => {
  site = await raise(config);
});

test("six private machines, each somebody in particular", () => {
  for (const number of numbers) {
    const machine = site.the("Droplet", `redis-${number}`);
    expect(plain(machine.inputs)).toMatchObject({ size: "g-4vcpu-16gb", publicNetworking: false, gracefulShutdown: true });
    expect(machine.deleteBeforeReplace).toBe(true);
    expect(machine.secrets).toContain("userData");
  }
});

test("machines are told of each other only once what is in the cluster is known to fit: never when it is made, always when their number changes", async () => {
  expect(site.the("SpacesBucketObject", "topology").dependsOn).toContain("redis-1-fits");
  expect(site.the("Command", "redis-1-fits").inputs["create"]).toBeUndefined();
  expect(textOf(site, "redis-1-fits", "update")).toMatch(/quickcart-redis fits 6$/);
  const larger = await raise({ ...config, "quickcart:redis": '{"nodes":8}' });
  expect(textOf(larger, "redis-1-fits", "update")).toMatch(/quickcart-redis fits 8$/);
  const added = larger.resources.map(({ name }) => name).filter((name) => !site.resources.some((one) => one.name === name));
  expect(new Set(added)).toEqual(new Set(["redis-7", "redis-8", "redis-7-ready", "redis-8-ready", "redis-7-change", "redis-8-change"]));
});

test("each is asked whether the cluster is whole, and asked again when their number changes", () => {
  for (const number of numbers) {
    expect(textOf(site, `redis-${number}-ready`, "create")).toContain("quickcart-redis ready 6");
    expect(plain(site.the("Command", `redis-${number}-ready`).inputs["triggers"])).toContain(6);
  }
});

test("they are changed in place one after the other, once all are ready", () => {
  for (const number of numbers) {
    const change = site.the("Command", `redis-${number}-change`);
    expect(change.dependsOn).toEqual(expect.arrayContaining([number === 1 ? "redis-6-ready" : `redis-${number - 1}-change`]));
    expect(change.secrets).toContain("stdin");
  }
});

test("the app gets the password of its own user, and no other", () => {
  const userData = String(plain(site.the("Droplet", "app-1").inputs["userData"]));
  const passwords = ["admin", "replica", "monitor"].map((user) => `RANDOMredis${user}password`);
  for (const password of passwords) expect(userData).not.toContain(password);
});

describe("TLS", () => {
  let encrypted: Raised;
  beforeAll(async () => {
    encrypted = await raise({ ...config, "quickcart:redis": '{"tls":true}' });
  });

  test("is remembered by the state, which a changed setting does not change", () => {
    for (const [raised, kept] of [[site, "off"], [encrypted, "on"]] as const) {
      const memory = raised.the("RandomId", "redis-tls");
      expect([memory.inputs["keepers"], memory.ignoreChanges]).toEqual([{ tls: kept }, ["keepers"]]);
    }
  });

  test("gives each machine a certificate of the stack's authority, which names the tier", () => {
    expect(site.all("CertRequest").filter(({ name }) => name.startsWith("redis-"))).toEqual([]);
    for (const number of numbers) {
      const name = `redis-${number}`;
      expect(encrypted.the("CertRequest", `${name}-tls`).inputs).toMatchObject({ dnsNames: [name, "redis.quickcart.internal", "localhost"], ipAddresses: ["127.0.0.1"] });
      expect(encrypted.the("LocallySignedCert", `${name}-tls`).inputs["allowedUses"]).toEqual(["digital_signature", "server_auth", "client_auth"]);
      expect(String(plain(encrypted.the("Command", `${name}-change`).inputs["stdin"]))).toContain("tls-port 6379");
    }
  });
});
