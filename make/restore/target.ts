/** The moment that somebody wants the database back as of. Pure. */

export type Target = { readonly kind: "at"; readonly until: Date } | { readonly kind: "latest" } | { readonly kind: "refused"; readonly why: string };

const example = 'TO="2026-11-21T02:15+07:00", or TO=latest for as far as the archive goes';

/** @param text as ISO 8601 with an offset, or `latest` */
export function parseTarget(text: string | undefined, now: Date): Target {
  if (text === undefined || text === "") return { kind: "refused", why: `the moment to restore is missing: ${example}` };
  if (text === "latest") return { kind: "latest" };
  const [, date = "", time = "", seconds = ":00", , offset] = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?$/.exec(text) ?? [];
  if (date === "") return { kind: "refused", why: `${JSON.stringify(text)} is no moment: ${example}` };
  if (offset === undefined) return { kind: "refused", why: `${text} has no offset, so it could be any of twenty-six hours: ${example}` };
  const until = new Date(`${date}T${time}${seconds}${offset}`);
  if (Number.isNaN(until.getTime()) || !isOnCalendar(date)) return { kind: "refused", why: `${text} is on no calendar or clock` };
  if (until > now) return { kind: "refused", why: `${text} is in the future (it is ${now.toISOString()})` };
  return { kind: "at", until };
}

/** JavaScript takes 30 February for 2 March. */
function isOnCalendar(date: string): boolean {
  return new Date(`${date}T00:00:00Z`).toISOString().startsWith(date);
}
