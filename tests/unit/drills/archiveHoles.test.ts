import { archiveHoles } from "../../drills/archiveHoles.ts";

const name = (timeline: number, log: number, segment: number): string => [timeline, log, segment].map((part) => part.toString(16).toUpperCase().padStart(8, "0")).join("");

test.each<[string, string[], string[]]>([
  ["nothing", [], []],
  ["one after the other, in no order", [name(1, 0, 3), name(1, 0, 1), name(1, 0, 2)], []],
  ["past the end of a log's numbers", [name(1, 0, 254), name(1, 0, 255), name(1, 1, 0)], []],
  ["one is missing", [name(1, 0, 254), name(1, 1, 0)], [name(1, 0, 255)]],
  ["a new timeline goes on in the segment in which the old one ended", [name(1, 0, 1), name(1, 0, 2), name(2, 0, 3)], []],
  ["the old one had come further than the new one knows", [name(1, 0, 1), name(1, 0, 2), name(1, 0, 3), name(2, 0, 2), name(2, 0, 3)], []],
  ["what the old one had not handed in", [name(1, 0, 1), name(2, 0, 4)], [name(2, 0, 2), name(2, 0, 3)]],
  ["a hole in an older timeline that a later one covers", [name(1, 0, 1), name(1, 0, 3), name(2, 0, 2), name(2, 0, 3)], [name(1, 0, 2)]],
])("%s", (_, names, holes) => {
  expect(archiveHoles(names)).toEqual(holes);
});
