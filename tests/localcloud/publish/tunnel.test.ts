import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "quickcart-tunnel-"));
  // An ssh that logs in nowhere and does not give up.
  writeFileSync(join(folder, "ssh"), `#!/bin/sh\ntouch ${folder}/started\nexec sleep 30\n`, { mode: 0o755 });
});
afterEach(() => { rmSync(folder, { recursive: true }); });

/** In a process of its own, whose PATH begins with our ssh. */
function openAndStop(whenToStop: string): void {
  const code = (name: string): string => JSON.stringify(join(import.meta.dirname, "../../../localcloud", name));
  const script = `
    import { existsSync } from "node:fs";
    import { openTunnel } from ${code("publish/tunnel.ts")};
    import { silentLog } from ${code("lifecycle/log.ts")};
    import { waitUntil } from ${code("lifecycle/wait.ts")};
    const [folder] = process.argv.slice(1);
    const tunnel = openTunnel({
      socket: folder + "/socket", config: folder + "/config", identity: folder + "/key",
      locate: (name) => ({ name, address: "192.0.2.1" }), jumps: ["bastion-1"], machine: "app-1", port: 3000,
    }, silentLog);
    ${whenToStop}
    await tunnel.stop();`;
  const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", script, folder], {
    env: { ...process.env, PATH: `${folder}${delimiter}${process.env["PATH"] ?? ""}` }, encoding: "utf8", timeout: 10_000,
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
}

test("a tunnel that is stopped while ssh still connects ends it at once", () => {
  openAndStop(`await waitUntil("ssh to be started", 5_000, () => existsSync(folder + "/started"));`);
});

test("a tunnel that is stopped before its ssh is started does not start it", () => {
  openAndStop("");
  expect(existsSync(join(folder, "started"))).toBe(false);
});
