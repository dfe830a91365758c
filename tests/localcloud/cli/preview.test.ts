import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { waitUntil } from "../../../localcloud/lifecycle/wait.ts";
import { hasTools, localcloud } from "./localcloud.ts";

/** `make preview`, in a cloud of the test's own name: root and the tools must be there, images need not. */
const instance = "qctprev";
const root = join(import.meta.dirname, "..", "..", "..");
const canRun = process.getuid?.() === 0 && hasTools();
jest.setTimeout(180_000);

(canRun ? describe : describe.skip)("a plan without a cloud account", () => {
  beforeAll(async () => { await localcloud(instance, "down"); });
  afterEach(async () => {
    await localcloud(instance, "down");
  });

  test("of staging names its machines, says what it stood in for, and leaves nothing, also not in the clone", async () => {
    const settings = readFileSync(join(root, "Pulumi.staging.yaml"), "utf8");
    const { code, out } = await preview("staging").ended;
    expect({ code, out: code === 0 ? "" : out }).toEqual({ code: 0, out: "" });
    for (const machine of ["bastion-2", "lb-1", "lb-2", "app-2"]) expect(out).toMatch(new RegExp(`Droplet ${machine} create`));
    expect(out).toMatch(/quickcart:adminCidrs is not set; planned with \["203\.0\.113\.0\/24"\]\. Yours: pulumi config set --path 'quickcart:adminCidrs\[0\]'/);
    expect(readFileSync(join(root, "Pulumi.staging.yaml"), "utf8")).toBe(settings);
    expect(traces()).toEqual([]);
  });

  test.each([["SIGINT", /a cloud of its own/], ["SIGTERM", /Previewing update/]] as const)("ended by %s in the middle, it leaves nothing either", async (signal, moment) => {
    const { child, ended } = preview("staging");
    await said(child, moment);
    child.kill(signal);
    child.kill(signal);
    const { code, out } = await ended;
    expect({ code, end: out.trim().split("\n").at(-1) }).toEqual({ code: 1, end: "error: interrupted; nothing is left of it" });
    expect(traces()).toEqual([]);
  });

  test("a cloud of the API alone builds no machine, and says why", async () => {
    expect(await localcloud(instance, "up", "--api-only")).toMatchObject({ code: 0 });
    const body = JSON.stringify({ name: "app-1", region: "fra1", size: "s-1vcpu-1gb", image: "debian-13-x64" });
    const ordered = await localcloud(instance, "exec", "--", "sh", "-c",
      `curl -sS -H "Authorization: Bearer $DIGITALOCEAN_TOKEN" -H "Content-Type: application/json" -d '${body}' https://api.digitalocean.com/v2/droplets`);
    expect(ordered.out).toContain('"status":"new"');
    await waitUntil("the log to say why", 10_000, () => /this cloud was raised with --api-only and has no images/.test(log()));
  });
});

const log = (): string => readFileSync(`/var/lib/${instance}-local/daemon.log`, "utf8");

function preview(stack: string) {
  const child = spawn(process.execPath, [join(root, "make", "preview.ts"), stack], {
    env: { ...process.env, QUICKCART_LOCAL: instance, MAKELEVEL: undefined }, stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (out += text));
  return { child, ended: new Promise<{ code: number | null; out: string }>((resolve) => child.on("close", (code) => resolve({ code, out }))) };
}

function said(child: ReturnType<typeof preview>["child"], what: RegExp): Promise<void> {
  return new Promise((resolve) => {
    let text = "";
    child.stdout.on("data", (more: string) => {
      text += more;
      if (what.test(text)) resolve();
    });
    child.on("close", () => resolve());
  });
}

function traces(): string[] {
  return ["/run", "/var/lib", "/run/netns"].flatMap((dir) => (existsSync(dir) ? readdirSync(dir) : [])).filter((name) => name.includes(instance));
}
