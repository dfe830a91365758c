import { freeVpcRange, giveBack, macAddress, refuseVpcRange, take, vpcPool, type Pool } from "../../../localcloud/api/allocate.ts";
import { formatAddress, netmask, overlaps, parseAddress, parseRange } from "../../../localcloud/api/ipv4.ts";

test.each([
  ["0.0.0.0", 0], ["255.255.255.255", 4294967295], ["198.18.1.1", 3323068673],
  ["256.0.0.1", null], ["1.2.3", null], ["01.2.3.4", null], ["a.b.c.d", null], ["1.2.3.4.5", null], ["", null],
])("parse %j", (text, expected) => {
  expect(parseAddress(text)).toBe(expected);
  if (expected !== null) expect(formatAddress(expected)).toBe(text);
});

test.each([
  ["10.10.0.0/20", true], ["10.10.0.1/20", false], ["10.10.0.0/33", false], ["10.10.0.0", false], ["10.10.0.0/20/1", false],
])("%s is a network: %s", (text, expected) => {
  expect(parseRange(text, true) !== null).toBe(expected);
});

test.each([[0, "0.0.0.0"], [8, "255.0.0.0"], [20, "255.255.240.0"], [32, "255.255.255.255"]])("netmask /%i", (prefix, expected) => {
  expect(netmask(prefix)).toBe(expected);
});

test.each([
  ["10.0.0.0/8", "10.10.0.0/20", true], ["10.10.0.0/20", "10.10.16.0/20", false], ["10.10.0.0/28", "10.10.0.8/32", true],
])("%s and %s overlap: %s", (a, b, expected) => {
  const [left, right] = [parseRange(a), parseRange(b)];
  if (left === null || right === null) throw new Error("not ranges");
  expect([overlaps(left, right), overlaps(right, left)]).toEqual([expected, expected]);
});

test("never the same address twice, and freed ones last, oldest first", () => {
  let pool: Pool = { next: "10.0.0.2", freed: [] };
  const got: string[] = [];
  const next = (): void => {
    const taken = take(pool, "10.0.0.5");
    got.push(taken?.address ?? "none");
    pool = taken?.pool ?? pool;
  };
  next();
  next();
  pool = giveBack(giveBack(pool, "10.0.0.3"), "10.0.0.2");
  next();
  next();
  next();
  next();
  next();
  expect(got).toEqual(["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.3", "10.0.0.2", "none"]);
});

test("an address given back twice is there once", () => {
  expect(giveBack({ next: "10.0.0.9", freed: ["10.0.0.2"] }, "10.0.0.2").freed).toEqual(["10.0.0.2"]);
});

test.each([["10.10.0.0/20", "10.10.0.2", "10.10.15.254"], ["192.168.1.0/28", "192.168.1.2", "192.168.1.14"]])("%s is handed out from %s to %s", (cidr, first, last) => {
  const range = parseRange(cidr);
  if (range === null) throw new Error("not a range");
  expect(vpcPool(range)).toEqual({ pool: { next: first, freed: [] }, last });
});

test("MAC addresses differ by machine and by NIC, and are locally administered", () => {
  expect(macAddress("public", 400_100_000)).toBe("02:fe:17:d9:0a:a0");
  expect(macAddress("private", 400_100_000)).toBe("02:00:17:d9:0a:a0");
  expect(macAddress("private", 1)).toBe("02:00:00:00:00:01");
});

test.each([
  ["10.10.0.0/20", [], null],
  ["10.10.0.0/20", ["10.20.0.0/16"], null],
  ["10.10.0.0/20", ["10.10.8.0/24"], /overlaps/],
  ["10.10.0.1/20", [], /CIDR/],
  ["fd00::/64", [], /CIDR/],
  ["10.0.0.0/8", [], /between \/16 and \/28/],
  ["10.10.0.0/29", [], /between/],
  ["100.64.0.0/16", [], /RFC 1918/],
  ["172.32.0.0/16", [], /RFC 1918/],
  ["10.244.1.0/24", [], /reserved/],
])("a VPC with %s beside %j", (range, taken, expected) => {
  const refusal = refuseVpcRange(range, taken);
  if (expected === null) expect(refusal).toBeNull();
  else expect(refusal).toMatch(expected);
});

test("a VPC that asks for no range gets one that is free", () => {
  expect(freeVpcRange([])).toBe("10.116.0.0/20");
  expect(freeVpcRange(["10.116.0.0/20", "10.116.32.0/24"])).toBe("10.116.16.0/20");
  expect(freeVpcRange(["10.0.0.0/8"])).toBeNull();
});
