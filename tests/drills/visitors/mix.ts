/** What the site's visitors do: look at the page, place a numbered order, wait for an answer that takes 3 s. */
export const visitorKinds = ["page", "order", "slow"] as const;
export type VisitorKind = (typeof visitorKinds)[number];

/** The probe is no visitor: it opens a connection for every request, so it sees the first moment at which one could get in again. */
export const kinds = [...visitorKinds, "probe"] as const;
export type Kind = (typeof kinds)[number];

/** Answers whose distance in time is a gap: those that come at once. */
export const series = ["visitors", "probe"] as const;
export type Series = (typeof series)[number];

export const seriesOf: Readonly<Record<Kind, Series | null>> = { page: "visitors", order: "visitors", slow: null, probe: "probe" };

export const ordersPath = "/drill/orders";
export const slowPath = "/drill/slow";
export const slowAnswerMs = 3_000;

/** After this many milliseconds a client gives a request up. The probe's is that of tests/drills/probe.ts. */
export const limitMs: Readonly<Record<Kind, number>> = { page: 5_000, order: 5_000, slow: 10_000, probe: 1_000 };

/** 70 % pages, 20 % orders, 10 % slow answers, in the same order each time: two runs differ in nothing but what happened to them. */
const pattern: readonly VisitorKind[] = ["page", "page", "order", "page", "page", "slow", "page", "order", "page", "page"];

/** @param index of the request, from 0 */
export const kindOf = (index: number): VisitorKind => pattern[index % pattern.length] ?? "page";
