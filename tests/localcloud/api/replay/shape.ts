import { isRecord } from "./translation.ts";

/** Fields that one side may have alone: by their path, array indices left out. */
const free = [
  // Of the stub's own making, unknown to the description.
  /\.networking_throughput$/,
  /^\.account\.(reserved_ip_limit|volume_limit)$/,
  // Optional by the description; some of the errors that the stub was told to give have none.
  /^\.request_id$/,
  // Only of a tag that somebody carries.
  /\.last_tagged_uri$/,
];

/** Where the answer has other fields, or other types, than the recorded one. A null says nothing about a type. */
export function differences(recorded: unknown, here: unknown, path = ""): string[] {
  if (recorded === null || here === null || free.some((pattern) => pattern.test(path))) return [];
  if (Array.isArray(recorded) && Array.isArray(here)) {
    return recorded.length === 0 || here.length === 0 ? [] : differences(recorded[0], here[0], path);
  }
  if (isRecord(recorded) && isRecord(here)) {
    const keys = new Set([...Object.keys(recorded), ...Object.keys(here)]);
    return [...keys].flatMap((key) => {
      const where = `${path}.${key}`;
      if (free.some((pattern) => pattern.test(where))) return [];
      if (!(key in here)) return [`${where} was in the recording, but is not here`];
      if (!(key in recorded)) return [`${where} is here, but was not in the recording`];
      return differences(recorded[key], here[key], where);
    });
  }
  const [then, now] = [kind(recorded), kind(here)];
  return then === now ? [] : [`${path} was ${then}, is ${now}`];
}

function kind(value: unknown): string {
  return Array.isArray(value) ? "array" : typeof value;
}
