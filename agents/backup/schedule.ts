/** When a full backup is due. Pure. */

export interface TimeOfDay {
  /** Such as `02:00`. */
  readonly at: string;
  /** IANA name. */
  readonly timeZone: string;
}

const dayMs = 24 * 60 * 60_000;

/**
 * The last moment, not after `now`, at which the clocks of the zone showed this time of day. A time that the clocks skipped
 * counts as the moment at which they skipped it.
 */
export function lastDue(now: Date, { at, timeZone }: TimeOfDay): Date {
  const wanted = minutesOf(at);
  for (let back = 0; back <= 2; back++) {
    const day = new Date(now.getTime() - back * dayMs);
    const due = onDayOf(day, wanted, timeZone);
    if (due <= now) return due;
  }
  throw new Error(`the clocks of ${timeZone} have not shown ${at} for two days before ${now.toISOString()}`);
}

/** @param lastStart when the newest complete full backup began; null: there is none */
export function isDue(now: Date, lastStart: Date | null, schedule: TimeOfDay): boolean {
  return lastStart === null || lastStart < lastDue(now, schedule);
}

function onDayOf(day: Date, minutes: number, timeZone: string): Date {
  const { year, month, date } = clock(day, timeZone);
  const asUtc = Date.UTC(year, month - 1, date, 0, minutes);
  // The offset at that moment, and once more, should it have changed on the way there.
  const first = asUtc - offsetMs(new Date(asUtc), timeZone);
  return new Date(asUtc - offsetMs(new Date(first), timeZone));
}

function offsetMs(moment: Date, timeZone: string): number {
  const { year, month, date, hour, minute, second } = clock(moment, timeZone);
  return Date.UTC(year, month - 1, date, hour, minute, second) - Math.floor(moment.getTime() / 1000) * 1000;
}

function clock(moment: Date, timeZone: string) {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric",
  }).formatToParts(moment);
  const of = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.find((part) => part.type === type)?.value);
  return { year: of("year"), month: of("month"), date: of("day"), hour: of("hour"), minute: of("minute"), second: of("second") };
}

function minutesOf(at: string): number {
  const [hours = 0, minutes = 0] = at.split(":").map(Number);
  return hours * 60 + minutes;
}
