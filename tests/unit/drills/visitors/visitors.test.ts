import { startVisitors } from "../../../drills/visitors/visitors.ts";
import { startSite } from "./site.ts";

test("everything is asked in its share, each order once, and answered", async () => {
  await using site = await startSite();
  const visitors = startVisitors(site.target, { rate: 200 });
  await visitors.flowing();
  const { counts, acknowledged, orders, failures, parties, latencies } = await visitors.stop();
  expect(failures).toEqual([]);
  for (const { asked, answered, failed } of Object.values(counts)) expect([answered, failed]).toEqual([asked, 0]);
  const visits = counts.page.asked + counts.order.asked + counts.slow.asked;
  expect(counts.page.asked / visits).toBeCloseTo(0.7, 1);
  expect(counts.order.asked / visits).toBeCloseTo(0.2, 1);
  expect(new Set(site.orders).size).toBe(site.orders.length);
  expect([...acknowledged].sort()).toEqual([...site.orders].sort());
  expect(orders).toEqual({ from: Math.min(...site.orders), to: Math.max(...site.orders) + 1 });
  expect(parties).toMatchObject([{ server: "app-1", release: "r1" }]);
  expect(latencies.page.p50).toBeGreaterThan(0);
});

test("an outage is a gap as long as nobody was answered, and over once answers have come for a while", async () => {
  await using site = await startSite();
  const visitors = startVisitors(site.target);
  try {
    await visitors.flowing();
    const before = visitors.mark();
    site.mood = "unavailable";
    while (visitors.silentForMs("probe") < 700) await new Promise((resolve) => setImmediate(resolve));
    site.mood = "well";
    await visitors.answering({ since: before, forMs: 500, limitMs: 10_000 });
    for (const series of ["visitors", "probe"] as const) {
      expect(visitors.worstGapMs(series, before)).toBeGreaterThan(650);
      expect(visitors.worstGapMs(series, visitors.mark())).toBeLessThan(500);
    }
    const [failure] = visitors.failures(before, ({ kind }) => kind === "order");
    expect(failure).toMatchObject({ status: 503, error: "status 503: no server is there", sent: true, server: null });
  } finally {
    await visitors.end();
  }
});

test("a request that was on its way when the server hung up is told from one that never left", async () => {
  await using site = await startSite();
  const visitors = startVisitors(site.target, { rate: 100 });
  try {
    await visitors.flowing();
    const hungUp = visitors.mark();
    site.mood = "hangup";
    while (visitors.failures(hungUp).length < 5) await new Promise((resolve) => setImmediate(resolve));
    expect(visitors.failures(hungUp).every(({ sent, status }) => sent && status === null)).toBe(true);
    site.server.close();
    site.server.closeAllConnections();
    const refused = visitors.mark();
    while (visitors.failures(refused, ({ error }) => error.includes("ECONNREFUSED")).length < 5) await new Promise((resolve) => setImmediate(resolve));
    expect(visitors.failures(refused, ({ error }) => error.includes("ECONNREFUSED")).some(({ sent }) => sent)).toBe(false);
  } finally {
    await visitors.end();
  }
});

test("a certificate of another authority is no answer", async () => {
  await using site = await startSite();
  await using stranger = await startSite();
  const visitors = startVisitors({ ...site.target, ca: stranger.target.ca }, { rate: 0 });
  try {
    const begun = visitors.mark();
    while (visitors.failures(begun).length < 3) await new Promise((resolve) => setImmediate(resolve));
    expect(visitors.failures(begun)[0]).toMatchObject({ kind: "probe", sent: false, error: expect.stringContaining("certificate") as string });
  } finally {
    await visitors.end();
  }
});
