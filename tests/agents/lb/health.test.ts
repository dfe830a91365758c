import { type Attention, hear, noAttention, silence } from "../../../agents/lb/attention.ts";
import { launch, reach } from "../../../agents/reach.ts";
import { judgeHealth, trackWeight, type Verdict } from "../../../agents/lb/health.ts";

/** One character a probe: `.` serves, `l` is leaving, `o` is accepted and not answered, `x` is neither. */
function after(probes: string): { attention: Attention; verdict: Verdict | null } {
  let attention = noAttention;
  let verdict: Verdict | null = null;
  for (const probe of probes) {
    attention = launch(attention);
    verdict = judgeHealth(attention, verdict);
    if (probe !== "x") attention = reach(attention, attention.launched);
    if (probe !== "x" && probe !== "o") attention = hear(attention, attention.launched, probe === "l" ? "leaving" : "serving");
    verdict = judgeHealth(attention, verdict);
  }
  return { attention, verdict };
}

const leaving = "HAProxy says that this load balancer is about to leave";
const answers = "HAProxy answers, 3 times in a row";

test.each<[string, boolean | null, string | null]>([
  ["", null, null],
  ["..", null, null],
  ["...", true, answers],
  [".x..", null, null],
  [".x...", true, answers],
  ["xxxxxx", null, null],
  ["xxxxxxx", false, "HAProxy is silent for 600 ms"],
  ["...xxxxxx", true, answers],
  ["...xxxxx.", true, answers],
  // The seventh is launched 600 ms after the first of the six: too late.
  ["...xxxxxx.", false, "HAProxy is silent for 600 ms"],
  ["...xxxxxxx", false, "HAProxy is silent for 600 ms"],
  ["...xxxxxxxxx", false, "HAProxy is silent for 800 ms"],
  ["...xxxxxxx..", false, "HAProxy is silent for 700 ms"],
  ["...xxxxxxx...", true, answers],
  ["...xxxxxxx..x.", false, "HAProxy is silent for 700 ms"],
  ["...ooooooooooooooo", true, answers],
  ["...oooooooooooooooo", false, "HAProxy is silent for 1500 ms, though it accepts connections"],
  ["...ooooooooxxxxxo", true, answers],
  ["...ooooooooxxxxxxx", false, "HAProxy is silent for 600 ms"],
  ["...xxxxxxo", false, "HAProxy is silent for 600 ms"],
  ["...xxxxxxxo..", false, "HAProxy is silent for 700 ms"],
  ["...xxxxxxxo...", true, answers],
  ["...l", false, leaving],
  ["l", false, leaving],
  ["...l..", false, leaving],
  ["...l...", true, answers],
])("after %s it is fit: %s, %s", (probes, fine, why) => {
  const { verdict } = after(probes);
  expect([verdict?.fine ?? null, verdict?.why ?? null]).toEqual([fine, why]);
});

test("who answers every probe late is not silent, however late", () => {
  let attention = noAttention;
  for (let probe = 1; probe <= 50; probe += 1) {
    attention = launch(attention);
    if (probe > 6) attention = hear(attention, probe - 6, "serving");
    expect(silence(attention)).toBeNull();
  }
});

test("an answer that is overtaken says nothing new", () => {
  let attention = launch(launch(noAttention));
  attention = hear(attention, 2, "leaving");
  expect(hear(attention, 1, "serving")).toEqual(attention);
});

test("a process that slept concludes nothing: it has launched no probes", () => {
  const { attention, verdict } = after("...");
  // Thawed after any time, its timer strikes once, and only then are the answers read.
  const thawed = launch(attention);
  expect([silence(thawed), judgeHealth(thawed, verdict)]).toEqual([null, verdict]);
});

test.each([[true, "0\n"], [false, "-254\n"]])("keepalived reads fine %s as %j", (fine, weight) => {
  expect(trackWeight({ fine })).toBe(weight);
});
