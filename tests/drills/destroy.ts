import { z } from "zod";
import { tail } from "../../make/run.ts";
import { onStack, onStackOk } from "../../make/stack.ts";
import { api } from "./cloud.ts";
import type { Drill } from "./drill.ts";

/** Everything the API can list, and under which key; what is there before the first `pulumi up` is not the stack's. */
const collections: [path: string, key: string][] = [
  ["/v2/droplets", "droplets"], ["/v2/firewalls", "firewalls"], ["/v2/vpcs", "vpcs"], ["/v2/tags", "tags"],
  ["/v2/account/keys", "ssh_keys"], ["/v2/reserved_ips", "reserved_ips"], ["/v2/spaces/keys", "keys"],
];

async function listing(): Promise<string[]> {
  const found: string[] = [];
  for (const [path, key] of collections) {
    const answer = await api("GET", `${path}?per_page=200`);
    const items = z.array(z.record(z.string(), z.unknown())).parse(z.record(z.string(), z.unknown()).parse(answer.body)[key]);
    for (const item of items) if (item["default"] !== true) found.push(`${key}: ${String(item["name"] ?? item["ip"])}`);
  }
  return found;
}

export const destroy: Drill = {
  name: "destroy",
  promise: "`pulumi destroy` leaves an empty API, and `pulumi up` builds the same again",
  minutes: 3,
  suite: "nightly",
  where: "cloud",
  sabotage: "a droplet that no state knows is left beside the stack",
  async run({ figure, holds, say, restore, sabotage }) {
    const keysOfOthers = (await listing()).filter((line) => line.startsWith("keys: ") && !line.includes("quickcart"));
    restore("the stack", async () => { await onStackOk("up", { limitMs: 180_000 }); });
    if (sabotage) {
      await api("POST", "/v2/droplets", { name: "stray", region: "fra1", size: "s-1vcpu-1gb", image: "debian-13-x64" });
      restore("the stray droplet", async () => {
        const { body } = await api("GET", "/v2/droplets?name=stray");
        for (const droplet of z.object({ droplets: z.array(z.object({ id: z.number() })) }).parse(body).droplets) await api("DELETE", `/v2/droplets/${droplet.id}`);
      });
    }
    say("pulumi destroy");
    const started = performance.now();
    const { code, output } = await onStack("destroy", { limitMs: 180_000 });
    holds("pulumi destroy succeeds", code === 0, code === 0 ? "yes" : tail(output, 15));
    figure("pulumi destroy", (performance.now() - started) / 1000, "s");
    const left = (await listing()).filter((line) => !keysOfOthers.includes(line));
    holds("the API is empty", left.length === 0, left.length === 0 ? "nothing left" : left.join(", "));
  },
};
