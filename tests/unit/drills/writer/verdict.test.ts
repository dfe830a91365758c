import { type Acknowledged, isIn, type Range, rangesOf, type Series } from "../../../drills/writer/messages.ts";
import { verdict } from "../../../drills/writer/verdict.ts";

const ack = (series: Series, n: number, at: number, timeline = 1): Acknowledged => ({ type: "ack", series, n, sentAt: at - 5, at, timeline });

test.each<[number[], Range[]]>([
  [[], []],
  [[1], [[1, 1]]],
  [[1, 2, 3, 5, 7, 8], [[1, 3], [5, 5], [7, 8]]],
])("%j is %j", (numbers, ranges) => {
  expect(rangesOf(numbers)).toEqual(ranges);
  for (let n = 0; n < 10; n += 1) expect(isIn(ranges, n)).toBe(numbers.includes(n));
});

describe("what became of what was acknowledged", () => {
  const names = ({ series, n }: Acknowledged): string => `${series} ${n}`;
  test.each<[string, Acknowledged[], Range[], { lost: string[]; ofTwoPrimaries: string[] }]>([
    ["all is there", [ack("local", 1, 10), ack("on", 1, 11)], [[1, 1]], { lost: [], ofTwoPrimaries: [] }],
    ["one of each is gone", [ack("local", 1, 10), ack("on", 2, 11), ack("local", 3, 12)], [[1, 1]], { lost: ["local 3", "on 2"], ofTwoPrimaries: [] }],
    ["what was never acknowledged is nobody's loss", [ack("local", 1, 10)], [[1, 9]], { lost: [], ofTwoPrimaries: [] }],
    ["reads are no writes", [ack("read", 7, 10, 0), ack("local", 1, 11)], [[1, 1]], { lost: [], ofTwoPrimaries: [] }],
    ["one primary after the other", [ack("local", 1, 10), ack("local", 2, 20, 2), ack("on", 3, 21, 2)], [[1, 3]], { lost: [], ofTwoPrimaries: [] }],
    ["an old primary goes on, and its write stays", [ack("local", 1, 10), ack("on", 2, 20, 2), ack("local", 3, 21)], [[1, 3]], { lost: [], ofTwoPrimaries: ["local 3"] }],
    ["an old primary goes on, and its write is lost", [ack("local", 1, 10), ack("on", 2, 20, 2), ack("local", 3, 21)], [[1, 2]], { lost: ["local 3"], ofTwoPrimaries: [] }],
    ["three of them", [ack("local", 1, 10), ack("on", 2, 20, 2), ack("on", 3, 30, 3), ack("on", 4, 31, 2)], [[1, 4]], { lost: [], ofTwoPrimaries: ["on 4"] }],
  ])("%s", (_, acknowledged, present, expected) => {
    const { lost, ofTwoPrimaries } = verdict(acknowledged, { local: present, on: present });
    expect({ lost: [...lost.local, ...lost.on].map(names), ofTwoPrimaries: ofTwoPrimaries.map(names) }).toEqual(expected);
  });

  test("the levels have numbers of their own", () => {
    expect(verdict([ack("local", 1, 10), ack("on", 1, 10)], { local: [], on: [[1, 1]] })).toMatchObject({
      lost: { local: [{ n: 1 }], on: [] }, acknowledged: { local: 1, on: 1 },
    });
  });
});
