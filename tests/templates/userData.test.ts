import { createHash } from "node:crypto";
import { lbSettingsSchema } from "../../agents/lb/settings.ts";
import { compressed } from "../../components/rendering/cloudConfig.ts";
import { databaseChange } from "../../components/rendering/databaseChange.ts";
import { filesOf } from "../../components/rendering/files.ts";
import { readyCheck, renderHandover, renderSetup, renderUserData, type Role, userDataLimit } from "../../components/userData.ts";
import packages from "../../templates/packages.json" with { type: "json" };
import { parseCloudConfig, yamlOf } from "./support/cloudConfig.ts";
import { app, bastion, common, db, lb, monitor, roles } from "./support/roles.ts";

const cases = Object.entries<Role>(roles);
const fileOf = (role: Role, path: string): string => {
  const file = filesOf(role).find((one) => one.path === path);
  if (file === undefined) throw new Error(`${role.name} gets no ${path}`);
  return file.content;
};

test.each(cases)("user-data of %s", (_, role) => {
  expect(yamlOf(renderUserData(role))).toMatchSnapshot();
});

test.each(cases)("%s: cloud-init reads back every file, byte by byte", (_, role) => {
  const text = renderUserData(role);
  expect(yamlOf(text).startsWith("#cloud-config\n")).toBe(true);
  expect(parseCloudConfig(text).write_files).toEqual(filesOf(role));
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(userDataLimit);
});

test.each(cases)("%s: credentials are for root only, and in no script", (_, role) => {
  const secrets = [common.storage.secretKey, lb.addressToken, lb.ticketSecret, lb.certificateKey, db.key, ...Object.values(db.passwords), monitor.backup.cipher, ...monitor.backup.repositories.map(({ secretKey }) => secretKey)];
  for (const file of filesOf(role)) {
    const secret = secrets.some((one) => file.content.includes(one));
    expect({ path: file.path, secret: secret && file.permissions !== "0600" }).toEqual({ path: file.path, secret: false });
  }
});

test("what a database machine fetches beside its user-data is named by its content, and holds no secret", () => {
  const setup = renderSetup(db);
  expect(setup?.content).toMatchSnapshot();
  expect(setup?.key).toBe(`setup/db-1-${createHash("sha256").update(setup?.content ?? "").digest("hex")}.sh`);
  expect(yamlOf(renderUserData(db))).toContain(`local key=${setup?.key ?? ""} `);
  for (const secret of [common.storage.secretKey, db.key, ...Object.values(db.passwords), "SCRAM-SHA-256"]) expect(setup?.content).not.toContain(secret);
  expect(renderSetup(app)).toBeNull();
});

test("a machine knows by its revision what it was given, whichever way", () => {
  const { revision, script } = renderHandover(db);
  expect(fileOf(db, "/etc/quickcart/revision")).toBe(`${revision}\n`);
  expect(script).toContain(revision);
  for (const { path } of filesOf(db)) expect(script).toContain(` ${path} <<`);
  expect(renderHandover({ ...db, maxConnections: 99 }).revision).not.toBe(revision);
});

test("the primary changes last, by what the others say", () => {
  const member = (name: string, digit: string) => ({ name, revision: digit.repeat(64) });
  const members = [member("db-1", "1"), member("db-2", "2"), member("db-3", "3")];
  expect(databaseChange(member("db-2", "2"), members, ": whether it is ready")).toMatchSnapshot();
});

test("a bastion is its own gateway and no other's", () => {
  const overlay = "/usr/local/sbin/quickcart-overlay";
  expect(fileOf(roles["bastion-1"], overlay)).toContain("ip link add egress1 address 02:71:63:00:00:01 type vxlan id 101 ");
  expect(fileOf(roles["bastion-2"], overlay)).toContain("ip link add egress2 address 02:71:63:00:00:02 type vxlan id 102 ");
  expect(fileOf(roles["bastion-2"], overlay)).not.toContain("egress1");
});

test("a bastion forwards what the access matrix lets private machines reach", () => {
  expect(fileOf(bastion, "/etc/nftables.conf")).toContain("meta l4proto . th dport { udp . 53, tcp . 53, tcp . 443, tcp . 80, udp . 123 } accept");
});

test("behind the cloud's own gateway there is no overlay", () => {
  const role = roles["app-behind-nat-gateway"];
  expect(filesOf(role).filter(({ path }) => /bird|overlay/.test(path))).toEqual([]);
  expect(renderUserData(role)).not.toMatch(/egress\d|bird/);
});

test("the packages are those that the image is baked with", () => {
  const installed = (role: Role): string | undefined => /wanted=\((.*)\) missing/.exec(fileOf(role, "/usr/local/sbin/quickcart-apply"))?.[1];
  expect(installed(bastion)).toBe([...packages.base, ...packages.bastion].join(" "));
  expect(installed(app)).toBe([...packages.base, ...packages.private, ...packages.app].join(" "));
  expect(installed(lb)).toBe([...packages.base, ...packages.lb].join(" "));
});

test("user-data holds no machine's address", () => {
  for (const [, role] of cases) expect(yamlOf(renderUserData(role))).not.toMatch(/\b10\.\d+\.\d+\.[1-9]\d*\b|\b198\.1[89]\./);
});

/** Bytes that are left for each role, were it compressed. */
test("headroom", () => {
  const headroom = Object.fromEntries(cases.map(([name, role]) => [name, userDataLimit - Buffer.byteLength(compressed(yamlOf(renderUserData(role))))]));
  expect(headroom).toMatchSnapshot();
  expect(Math.min(...Object.values(headroom))).toBeGreaterThan(1_000);
});

test("a compressor that packs otherwise would replace every machine: its bytes are fixed", () => {
  const text = Array.from({ length: 200 }, (_, index) => `line ${String(index * index)} of a file\n`).join("");
  expect(compressed(text)).toBe(compressed(text));
  expect(createHash("sha256").update(compressed(text)).digest("hex")).toMatchInlineSnapshot(`"e402e060b066577fdb2f525d24ab069ca2d8d54efccd43a5e2d8b65dbae33917"`);
  expect(yamlOf(compressed(text))).toBe(text);
});

test("user-data that fits stays readable", () => {
  expect(renderUserData(bastion)).toMatch(/^#cloud-config\n/);
  expect(renderUserData(lb)).toMatch(/^MIME-Version: 1\.0\n/);
});

test("a load balancer knows its own end of the tunnel, and on Linode has the floating address", () => {
  const overlay = "/usr/local/sbin/quickcart-overlay";
  expect(fileOf(roles["lb-2"], overlay)).toContain("ip address replace 100.67.255.2/30 dev vrrp");
  expect(fileOf(roles["lb-2"], overlay)).toContain("ip neighbour replace 100.67.255.1 lladdr 02:71:65:00:00:01 nud permanent dev vrrp");
  expect(fileOf(roles["linode-lb-1"], overlay)).toContain("ip address replace 192.0.2.10/32 dev lo");
  expect(fileOf(roles["lb-1"], overlay)).not.toContain("192.0.2.10");
});

test("the load balancer's agent reads the settings that it is given", () => {
  for (const role of [roles["lb-1"], roles["linode-lb-1"]]) {
    expect(lbSettingsSchema.parse(JSON.parse(fileOf(role, "/etc/quickcart/lb.json")))).toEqual({
      cloud: role.cloud, floatingAddress: "192.0.2.10", position: 1, appPort: 3000,
    });
  }
});

test("what does not fit says by how much", () => {
  const timeZone = Array.from({ length: 600 }, (_, index) => createHash("sha256").update(String(index)).digest("hex")).join("/");
  expect(() => renderUserData({ ...app, timeZone })).toThrow(/^user-data of app-1 is \d+ bytes over the limit of 16384: /);
});

test("names every field that could break out of a file, and no secret", () => {
  const role: Role = { ...app, name: "App 1", timeZone: "UTC; reboot", storage: { ...common.storage, secretKey: 'x"\nuser = "y' }, runtime: "runtime/node" };
  expect(() => renderUserData(role)).toThrow(/^user-data of App 1: (?=.*name: )(?=.*timeZone: )(?=.*storage\.secretKey: )(?=.*runtime: )(?!.*user = )/s);
});

test.each(["bastion", "app", "lb", "db", "redis", "monitor"] as const)("the check whether a machine of the tier %s serves", (tier) => {
  expect(readyCheck(tier, { ...tier === "app" ? { release: { bundle: "4".repeat(64), port: 3000, canary: true } } : {}, ...tier === "redis" ? { machines: 6 } : {} })).toMatchSnapshot();
});
