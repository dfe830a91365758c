import { z } from "zod";
import { tail } from "../../make/run.ts";
import { onStack, onStackOk } from "../../make/stack.ts";
import { api, booted, cloud, createDroplet, deleteDroplet, on } from "./cloud.ts";
import type { Drill, DrillContext } from "./drill.ts";

const userData = "#cloud-config\nwrite_files:\n  - {path: /etc/drill, content: booted}\n";
const atOnce = 16;

async function timedBoots({ figure, holds, say, restore, sabotage }: DrillContext): Promise<void> {
  const boot = async (name: string): Promise<number> => {
    const droplet = await createDroplet({ name, user_data: sabotage ? "#cloud-config\nruncmd: [[sleep, '40']]\n" : userData });
    restore(name, async () => deleteDroplet(droplet.id));
    return await booted(droplet, 90_000);
  };
  const one = await boot("drill-one");
  figure("one droplet, from POST to cloud-init finished", one, "s", { max: 6 });
  if (!sabotage) holds("its user-data ran", (await on("drill-one", ["cat", "/etc/drill"])).output.includes("booted"));
  if (sabotage) return;
  say(`${atOnce} droplets at once`);
  const many = await Promise.all(Array.from({ length: atOnce }, async (_, index) => boot(`drill-${index + 1}`)));
  figure(`${atOnce} droplets at once, the last one`, Math.max(...many), "s", { max: 30 });
}

const replaced = ["bastion-2", "lb-2"];

/** A third app server, and bastion-2 and lb-2 anew, on an image without any role's packages: what they lack, apt brings. */
async function bareImage({ figure, holds, say, restore }: DrillContext): Promise<void> {
  restore("the image and the app servers", async () => {
    await cloud("image", "baked");
    await onStackOk("up", { limitMs: 180_000 });
  });
  await cloud("image", "bare");
  say("bastion-2 and lb-2 anew and a third app server, from the bare image");
  const started = performance.now();
  const args = replaced.flatMap((name) => ["--replace", `**digitalocean:index/droplet:Droplet::${name}`]);
  const up = await onStack("up", { limitMs: 300_000, args, config: { "quickcart:app": { count: 3 } } });
  holds("every role comes up from the bare image", up.code === 0, up.code === 0 ? "yes" : tail(up.output, 15));
  figure("one after the other, with their gates", (performance.now() - started) / 1000, "s");
  for (const [machine, ownPackage] of [["bastion-2", "bird2"], ["app-3", "bird2"], ["lb-2", "haproxy"]] as const) {
    const installed = await on(machine, ["grep", "-cE", `installing .*${ownPackage}|Setting up ${ownPackage}`, "/var/log/cloud-init-output.log"]);
    holds(`${machine} had to install its packages`, installed.code === 0);
  }
}

export const boot: Drill = {
  name: "boot",
  promise: "a droplet boots the user-data it was given within 6 s, 16 at once within 30 s, and every role also from a bare image",
  minutes: 4,
  suite: "nightly",
  where: "cloud",
  sabotage: "the droplet's user-data sleeps for 40 s",
  async run(context) {
    z.object({ status: z.literal(200) }).parse(await api("GET", "/v2/account"));
    await timedBoots(context);
    if (!context.sabotage) await bareImage(context);
  },
};
