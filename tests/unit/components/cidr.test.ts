import { contains, formatCidr, overlaps, parseCidr, part, sizeOf } from "../../../components/cidr.ts";

function cidr(text: string) {
  const parsed = parseCidr(text);
  if (parsed === null) throw new Error(`${text} is no range`);
  return parsed;
}

test.each(["0.0.0.0/0", "10.0.0.0/8", "198.18.0.1/32", "255.255.255.255/32", "128.0.0.0/1"])("%s is a range and reads the same again", (text) => {
  expect(formatCidr(cidr(text))).toBe(text);
});

test.each(["", "10.0.0.0", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/08", "256.0.0.0/8", "010.0.0.0/8", "10.0.0.1/8", "10.0.0.0/8 ", "::/0", "1.2.3.4.5/32"])("%j is none", (text) => {
  expect(parseCidr(text)).toBeNull();
});

test.each([
  ["10.0.0.0/8", "10.10.0.0/20", true, true],
  ["10.10.0.0/20", "10.0.0.0/8", false, true],
  ["10.10.0.0/20", "10.10.16.0/20", false, false],
  ["0.0.0.0/0", "255.255.255.255/32", true, true],
  ["192.168.0.0/16", "192.168.0.0/16", true, true],
])("%s and %s", (a, b, inside, touching) => {
  expect([contains(cidr(a), cidr(b)), overlaps(cidr(a), cidr(b))]).toEqual([inside, touching]);
});

test("parts fill the range without gap or overlap", () => {
  const whole = cidr("240.0.0.0/4");
  const parts = Array.from({ length: 8 }, (_, index) => part(whole, 3, index));
  expect(parts.map(({ base }) => base)).toEqual(parts.map((_, index) => whole.base + index * sizeOf(whole) / 8));
  expect(parts.every((one) => contains(whole, one))).toBe(true);
});

test.each([[3, 8], [3, -1], [13, 0]])("by %d bits there is no part %d of a /20", (bits, index) => {
  expect(() => part(cidr("10.10.0.0/20"), bits, index)).toThrow("10.10.0.0/20 has no part");
});
