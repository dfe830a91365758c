import { proofSettingsSchema } from "../../agents/proof/settings.ts";
import { proofTime } from "../../components/backup/settings.ts";
import { filesOf } from "../../components/rendering/files.ts";
import { describeOnDebian, onDebian } from "./support/debian.ts";
import { monitor } from "./support/roles.ts";
import { rootOf } from "./support/root.ts";

const contentOf = (path: string, role = monitor): string => filesOf(role).find((one) => one.path === path)?.content ?? "";

test("the proof reads the settings that it is given", () => {
  expect(proofSettingsSchema.parse(JSON.parse(contentOf("/etc/quickcart/proof.json")))).toEqual({
    stack: "local", cipher: monitor.backup.cipher,
    repositories: monitor.backup.repositories.map((one) => ({ ...one, url: "https://quickcart-local-backups-12345678.fra1.digitaloceanspaces.com" })),
  });
});

test.each([["02:00", "05:00"], ["22:30", "01:30"], ["21:00", "00:00"]])("a backup at %s is proved at %s", (backup, proof) => {
  expect(proofTime(backup)).toBe(proof);
  expect(contentOf("/etc/systemd/system/quickcart-proof.timer", { ...monitor, backup: { ...monitor.backup, at: backup } })).toContain(`OnCalendar=Sun *-*-* ${proof}:00 Asia/Jakarta\n`);
});

describeOnDebian("systemd", () => {
  test("proves once a week, by the stack's clock", async () => {
    const said = onDebian(await rootOf(filesOf(monitor)), `set -e
      calendar=$(sed -n 's/^OnCalendar=//p' /etc/systemd/system/quickcart-proof.timer)
      TZ=UTC systemd-analyze calendar --iterations=2 --base-time='2026-11-21 00:00:00 UTC' "$calendar" | sed -n 's/.*(in UTC): //p; s/.*: \\(.* UTC\\)$/\\1/p'`);
    expect(said).toMatch(/Sat 2026-11-21 22:00:00 UTC[^]*Sat 2026-11-28 22:00:00 UTC/);
  });
});
