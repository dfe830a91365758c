import { slotOf } from "../../../drills/redis/slot.ts";

/** As `CLUSTER KEYSLOT` answers. */
test.each([["123456789", 0x31c3], ["foo", 12_182], ["bar", 5_061], ["hello", 866], ["", 0]])("%s is in slot %i", (key, slot) => {
  expect(slotOf(key)).toBe(slot);
});
