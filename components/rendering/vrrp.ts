/**
 * How quickly the two load balancers notice that the other is gone. A machine that its host holds up for 600 ms is silent for
 * that long and up to one interval more, and is to keep its place; one without power has lost it after `silenceMs` at the latest.
 */
const advertMs = 50;
const adverts = 14;
const priority = 100;

export const vrrp = {
  advertSeconds: advertMs / 1000,
  adverts,
  priority,
  /** RFC 5798, 6.1: Master_Down_Interval, with as many adverts as are configured instead of three. */
  silenceMs: Math.round(adverts * advertMs + (256 - priority) * advertMs / 256),
  /** In the file that keepalived tracks: takes a machine out of the election. */
  fault: -254,
} as const;
