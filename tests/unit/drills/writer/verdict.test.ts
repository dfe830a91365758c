import { type Acknowledged, isIn, type Range, rangesOf, type Series } from "../../../drills/writer/messages.ts";
import { unexplained, verdict } from "../../../drills/writer/verdict.ts";

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
    ["an old primary goes on, and its write stays", [ack("local", 1, 10), ack("on", 2, 20, 2), ack("local", 3, 30)], [[1, 3]], { lost: [], ofTwoPrimaries: ["local 3"] }],
    ["an old primary goes on, and its write is lost", [ack("local", 1, 10), ack("on", 2, 20, 2), ack("local", 3, 30)], [[1, 2]], { lost: ["local 3"], ofTwoPrimaries: ["local 3"] }],
    ["an old primary's answer is late, and nothing else", [ack("local", 1, 10), ack("on", 2, 20, 2), ack("local", 3, 23)], [[1, 3]], { lost: [], ofTwoPrimaries: [] }],
    ["three of them", [ack("local", 1, 10), ack("on", 2, 20, 2), ack("on", 3, 30, 3), ack("on", 4, 40, 2)], [[1, 4]], { lost: [], ofTwoPrimaries: ["on 4"] }],
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

test.each<[string, number[], { from: number; to: number }[], number[]]>([
  ["without a time in which replication was behind", [1000], [], [1000]],
  ["within it", [1000, 1500, 2000], [{ from: 1000, to: 2000 }], []],
  ["just before it: under way", [900], [{ from: 1000, to: 2000 }], []],
  ["long before it, and after it", [500, 2001], [{ from: 1000, to: 2000 }], [500, 2001]],
  ["between two of them", [1500, 4000, 5500], [{ from: 1000, to: 2000 }, { from: 5000, to: 6000 }], [4000]],
])("lost ordinary commits %s", (_, lost, behind, left) => {
  expect(unexplained(lost.map((at, index) => ack("local", index, at)), behind).map(({ at }) => at)).toEqual(left);
});
