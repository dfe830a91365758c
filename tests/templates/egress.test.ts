import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import type { Machine } from "../../agents/documents.ts";
import { birdNeighbours } from "../../agents/topology/bird.ts";
import { planFlood } from "../../agents/topology/flood.ts";
import { overlay } from "../../agents/topology/overlay.ts";
import { tar } from "../../components/artifacts/tar.ts";
import { filesOf } from "../../components/rendering/files.ts";
import { describeOnDebian, onDebian } from "./support/debian.ts";
import { roles } from "./support/roles.ts";

const app: Machine = { name: "app-1", tier: "app", privateAddress: "10.10.0.4", publicAddress: null };

/** Each machine's files below `/roles/<name>`, and what the topology agent would do there. */
function filesOfMachines(): { path: string; content: string }[] {
  const ofRoles = (["bastion-1", "bastion-2", "app-1"] as const).flatMap((name) =>
    filesOf(roles[name]).map(({ path, content }) => ({ path: `/roles/${name}${path}`, content })));
  const ofAgents = ([1, 2] as const).flatMap((gateway) => [
    { path: `/roles/bastion-${gateway}/machines.conf`, content: birdNeighbours(gateway, [app], true) },
    { path: `/roles/bastion-${gateway}/flood`, content: planFlood(overlay.device(gateway), [app.privateAddress], []).map((words) => `${words.join(" ")}\n`).join("") },
  ]);
  return [...ofRoles, ...ofAgents, { path: "/egress.sh", content: readFileSync(join(import.meta.dirname, "support/egress.sh"), "utf8") }];
}

describeOnDebian("egress, on the kernel", () => {
  test("goes through whichever bastion lives, also a new one at another address, and only where it may", async () => {
    const root = await buffer(tar(filesOfMachines().map(({ path, content }) => ({
      name: path.slice(1), mode: 0o755, size: Buffer.byteLength(content), content: [Buffer.from(content)],
    }))));
    const seen = Object.fromEntries(onDebian(root, "bash --norc /egress.sh").trim().split("\n").map((line) => line.split(": ")));
    expect(seen).toEqual({
      first: "198.18.1.2",
      // A port that no row of the access matrix names; the gateway itself, past the cloud's firewall.
      "198.18.0.1:8080": "closed", "100.64.255.254:80": "closed", "198.18.1.2:80": "closed",
      milliseconds: expect.any(String) as string,
      then: "198.18.1.3",
      replaced: "198.18.1.9",
    });
    expect(Number(seen["milliseconds"])).toBeLessThan(3_000);
  }, 90_000);
});
