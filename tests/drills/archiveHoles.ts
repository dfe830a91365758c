/** Of 16 MiB: so many for each of the log's numbers. */
const segmentsOfLog = 256;

interface Segment {
  timeline: number;
  number: number;
}

function parse(name: string): Segment {
  const hex = (from: number): number => Number.parseInt(name.slice(from, from + 8), 16);
  return { timeline: hex(0), number: hex(8) * segmentsOfLog + hex(16) };
}

function show({ timeline, number }: Segment): string {
  return [timeline, Math.floor(number / segmentsOfLog), number % segmentsOfLog].map((part) => part.toString(16).toUpperCase().padStart(8, "0")).join("");
}

/**
 * Segments of WAL without which nothing after them could be restored. A timeline begins in the segment in which an earlier one
 * ended; of that one the segment itself is not archived whole. Pure.
 *
 * @param names of segments in the archive, 24 digits each, in any order
 */
export function archiveHoles(names: readonly string[]): string[] {
  const segments = names.map(parse).sort((one, other) => one.timeline - other.timeline || one.number - other.number);
  const holes: string[] = [];
  let reached: number | undefined;
  let before: Segment | undefined;
  for (const segment of segments) {
    const isNewTimeline = segment.timeline !== before?.timeline;
    const last = isNewTimeline ? reached : before?.number;
    for (let number = (last ?? segment.number) + 1; number < segment.number; number += 1) holes.push(show({ timeline: segment.timeline, number }));
    before = segment;
    reached = Math.max(reached ?? segment.number, segment.number);
  }
  return holes;
}
