import type { Holding } from "../../../agents/lb/address/address.ts";
import { type Attention, hear, noAttention } from "../../../agents/lb/attention.ts";
import { launch, reach } from "../../../agents/reach.ts";
import { decide, type Situation } from "../../../agents/lb/decide.ts";

const other: Holding = { state: "held", id: "7", publicAddress: "198.18.1.1" };
const self: Holding = { state: "held", id: "8", publicAddress: "198.18.1.2" };

/** `probes` launched, the first `answered` of them answered. */
function attention(probes: number, answered: number, answer: "serving" | "leaving" = "serving"): Attention {
  let state = noAttention;
  for (let probe = 1; probe <= probes; probe += 1) {
    state = launch(state);
    if (probe <= answered) state = hear(state, probe, answer);
  }
  return state;
}

/** Connections are accepted, and nothing more. */
const mute = (probes: number): Attention => reach(attention(probes, 0), probes);

const base: Situation = { vrrp: "MASTER", self: "8", holding: other, attention: attention(20, 20), claiming: false };

test.each<[boolean, string, Partial<Situation>]>([
  [true, "nobody holds the address", { holding: { state: "free" } }],
  [true, "the holder (machine 7, 198.18.1.1) is silent for 600 ms", { attention: attention(20, 13) }],
  [true, "the holder (machine 7, 198.18.1.1) is silent for 600 ms", { attention: attention(7, 0) }],
  [true, "the holder (machine 7, 198.18.1.1) is silent for 1500 ms, though it accepts connections", { attention: mute(16) }],
  [false, "the holder (machine 7, 198.18.1.1) may still answer", { attention: mute(15) }],
  [true, "the holder (machine 7, 198.18.1.1) is about to leave", { attention: attention(3, 3, "leaving") }],
  [true, "the holder (machine 7) has no public address", { holding: { state: "held", id: "7", publicAddress: null } }],
  [false, "the holder (machine 7, 198.18.1.1) serves", {}],
  [false, "the holder (machine 7, 198.18.1.1) serves", { attention: attention(20, 14) }],
  [false, "the holder (machine 7, 198.18.1.1) may still answer", { attention: attention(6, 0) }],
  [false, "this machine holds the address", { holding: self }],
  [false, "this machine holds the address", { holding: self, attention: attention(20, 0) }],
  [false, "the address is being moved", { holding: { state: "moving" } }],
  [false, "the cloud has not said yet who holds the address", { holding: null, attention: attention(20, 0) }],
  [false, "a claim is under way", { holding: { state: "free" }, claiming: true }],
  [false, "keepalived says BACKUP", { vrrp: "BACKUP", attention: attention(20, 0) }],
  [false, "keepalived says FAULT", { vrrp: "FAULT", holding: { state: "free" } }],
  [false, "keepalived says STOP", { vrrp: "STOP", attention: attention(3, 3, "leaving") }],
  [false, "keepalived says nothing yet", { vrrp: null, holding: { state: "free" } }],
])("claims: %s, because %s", (claim, why, change) => {
  expect(decide({ ...base, ...change })).toEqual({ claim, why });
});
