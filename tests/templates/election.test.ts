import { readFileSync } from "node:fs";
import { join } from "node:path";
import { filesOf } from "../../components/rendering/files.ts";
import { file } from "../../components/rendering/renderedFile.ts";
import { vrrp } from "../../components/rendering/vrrp.ts";
import { describeOnDebian, onDebian } from "./support/debian.ts";
import { rootOf } from "./support/root.ts";
import { roles } from "./support/roles.ts";

/** What a busy machine may be late, in milliseconds. */
const late = 1_500;

test("a hold-up of 600 ms is shorter than the other end's patience, which ends in time for a second without power", () => {
  expect(600 + vrrp.advertSeconds * 1000).toBeLessThan(vrrp.silenceMs);
  expect(vrrp.silenceMs).toBeLessThanOrEqual(860);
});

describeOnDebian("who of two load balancers is to hold the address", () => {
  test("is the one that does until it is gone, or says that it is at fault", async () => {
    const files = (["lb-1", "lb-2"] as const).flatMap((name) => filesOf(roles[name]).map((one) => ({ ...one, path: `/roles/${name}${one.path}` })));
    const root = await rootOf([...files, file("/election.sh", readFileSync(join(import.meta.dirname, "support/election.sh"), "utf8"))]);
    const seen = Object.fromEntries(onDebian(root, "bash --norc /election.sh || { cat /err; exit 1; }").trim().split("\n").map((line) => line.split(": ")));
    expect(seen).toEqual({
      "who serves stays": "MASTER BACKUP", "past VRRP": "closed", "held up for 600 ms": "MASTER BACKUP",
      fault: expect.any(String) as string, "no way back": "BACKUP MASTER", power: expect.any(String) as string,
    });
    expect(Number(seen["fault"])).toBeLessThan(late);
    expect(Number(seen["power"])).toBeGreaterThan(500);
    expect(Number(seen["power"])).toBeLessThan(vrrp.silenceMs + late);
  }, 90_000);
});
