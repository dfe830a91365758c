import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { zstdCompressSync } from "node:zlib";
import { run, type Run } from "../../../agents/commands.ts";
import { type Slot, slots } from "../../../agents/slots.ts";
import { freePort } from "../../../components/artifacts/freePort.ts";
import { tar } from "../../../components/artifacts/tar.ts";

interface Unit {
  process: ChildProcess | null;
  active: "active" | "deactivating" | "inactive" | "failed";
  restarts: number;
}

/** What systemd does for the units `quickcart-app@<slot>`, with real processes: all that the agent asks of it, and no more. */
export class AppUnits {
  readonly ports: Readonly<Record<Slot, number>>;
  /** Everything that systemctl was asked to do, such as `stop blue`. */
  readonly asked: string[] = [];
  private readonly root: string;
  private readonly units: Record<Slot, Unit> = { blue: idle(), green: idle() };
  private readonly ended: Promise<unknown>[] = [];

  private constructor(root: string, ports: Record<Slot, number>) {
    this.root = root;
    this.ports = ports;
  }

  /** @param root folder with the links `blue` and `green` */
  static async in(root: string): Promise<AppUnits> {
    return new AppUnits(root, { blue: await freePort(), green: await freePort() });
  }

  readonly run: Run = async (program, args) => {
    if (program !== "systemctl") return await run(program, args);
    const [verb] = args;
    const slot = slots.find((one) => args.at(-1) === `quickcart-app@${one}.service`);
    if (slot === undefined) throw new Error(`no such unit: ${args.join(" ")}`);
    const unit = this.units[slot];
    if (verb === "show") return `ActiveState=${unit.active}\nNRestarts=${unit.restarts}\n`;
    this.asked.push(`${String(verb)} ${slot}`);
    if (verb === "start") this.start(slot);
    else if (verb === "stop") this.stop(slot);
    else throw new Error(`systemctl ${String(verb)} is not what agents ask`);
    return "";
  };

  /** As when the machine starts. */
  boot(): void {
    for (const slot of slots) this.start(slot);
  }

  async end(): Promise<void> {
    for (const unit of Object.values(this.units)) {
      unit.active = "inactive";
      unit.process?.kill("SIGKILL");
    }
    await Promise.all(this.ended);
  }

  private start(slot: Slot): void {
    const unit = this.units[slot];
    if (unit.process !== null || !existsSync(join(this.root, slot, "main.mjs"))) return;
    Object.assign(unit, { active: "active", restarts: 0 });
    this.launch(slot);
  }

  private launch(slot: Slot): void {
    const unit = this.units[slot];
    const folder = join(this.root, slot);
    const child = spawn(join(folder, "node"), ["main.mjs"], { cwd: folder, env: { PORT: String(this.ports[slot]) }, stdio: "inherit" });
    unit.process = child;
    this.ended.push(once(child, "close"));
    child.once("close", (code) => {
      unit.process = null;
      if (unit.active === "deactivating") unit.active = "inactive";
      if (unit.active !== "active") return;
      if (code === 78) {
        unit.active = "failed";
        return;
      }
      unit.restarts += 1;
      this.launch(slot);
    });
  }

  private stop(slot: Slot): void {
    const unit = this.units[slot];
    if (unit.process === null) return;
    unit.active = "deactivating";
    unit.process.kill("SIGTERM");
  }
}

const idle = (): Unit => ({ process: null, active: "inactive", restarts: 0 });

/** Programs as a bundle's `main.mjs`. */
export const programs = {
  /** Health and drain as the app has them; `/slow` answers only once the process has been told to end. */
  good: `
    import { createServer } from "node:http";
    import { basename } from "node:path";
    const release = basename(import.meta.dirname);
    let draining = false, slow = null;
    const server = createServer((request, response) => {
      if (request.url === "/slow") return void (slow = response);
      response.writeHead(draining ? 404 : 200).end(JSON.stringify({ release }));
    }).listen(Number(process.env.PORT), "127.0.0.1");
    process.on("SIGTERM", () => {
      draining = true;
      slow?.end(JSON.stringify({ release }));
      server.close(() => process.exit(0));
      server.closeIdleConnections();
    });`,
  silent: "setInterval(() => {}, 1000);",
  unavailable: `import { createServer } from "node:http"; createServer((_, response) => response.writeHead(503).end()).listen(Number(process.env.PORT), "127.0.0.1");`,
  nameless: `import { createServer } from "node:http"; createServer((_, response) => response.end("ok")).listen(Number(process.env.PORT), "127.0.0.1");`,
  crashing: "process.exit(1);",
  refusing: "process.exit(78);",
} as const;

export async function archive(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const entries = Object.entries(files).map(([name, text]) => ({ name, mode: 0o755, size: Buffer.byteLength(text), content: [Buffer.from(text)] }));
  return zstdCompressSync(await buffer(tar(entries)));
}

/** A bundle whose Node.js is the one that runs the tests. */
export async function bundleOf(program: keyof typeof programs, version = ""): Promise<Buffer> {
  return await archive({ node: `#!/bin/sh\nexec '${process.execPath}' "$@"\n`, "main.mjs": `// ${version}\n${programs[program]}` });
}

export function sha256Of(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
