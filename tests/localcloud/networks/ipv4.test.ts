import { formatAddress, formatRange, mergeRanges, overlaps, parseAddress, parseCidr } from "../../../localcloud/networks/ipv4.ts";

test.each([
  ["0.0.0.0/0", "0.0.0.0-255.255.255.255"],
  ["10.10.0.0/20", "10.10.0.0-10.10.15.255"],
  ["10.10.7.7/20", "10.10.0.0-10.10.15.255"],
  ["198.18.1.1", "198.18.1.1"],
  ["255.255.255.255/32", "255.255.255.255"],
])("%s is %s", (cidr, range) => {
  expect(formatRange(parseCidr(cidr))).toBe(range);
});

test.each(["", "10.0.0", "10.0.0.256", "10.0.0.1/33", "10.0.0.1/", "10.0.0.1/-1", "10.0.0.0/8/8", "::1", "a.b.c.d", "1e1.0.0.0"])("%p is refused", (text) => {
  expect(() => parseCidr(text)).toThrow("is no IPv4");
});

test.each([
  [["10.0.0.1", "10.0.0.2", "10.0.0.4"], ["10.0.0.1-10.0.0.2", "10.0.0.4"]],
  [["10.0.0.5", "10.0.0.0/8", "9.0.0.0/8"], ["9.0.0.0-10.255.255.255"]],
  [["0.0.0.0/0", "198.18.1.1"], ["0.0.0.0-255.255.255.255"]],
  [["10.0.0.1", "10.0.0.1"], ["10.0.0.1"]],
  [[], []],
])("%j together are %j", (cidrs, ranges) => {
  expect(mergeRanges(cidrs.map(parseCidr)).map(formatRange)).toEqual(ranges);
});

test("ranges that share an address overlap, neighbours do not", () => {
  expect(overlaps(parseCidr("10.0.0.0/8"), parseCidr("10.255.0.0/16"))).toBe(true);
  expect(overlaps(parseCidr("10.0.0.0/16"), parseCidr("10.1.0.0/16"))).toBe(false);
});

test("addresses above 127.255.255.255 keep their sign", () => {
  expect(formatAddress(parseAddress("198.18.0.1"))).toBe("198.18.0.1");
});
