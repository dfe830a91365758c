import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { z } from "zod";
import { readTools } from "../../toolchain/manifest.ts";
import { pulumiOk } from "../pulumi.ts";
import { type Finished, localcloud, run } from "../run.ts";
import { stackName } from "../stack.ts";
import { UserError } from "../steps.ts";

/** As the program says them (index.ts). */
const outputsSchema = z.object({
  sshPrivateKey: z.string(),
  bastionAddresses: z.array(z.string().nullable()),
  machines: z.record(z.string(), z.object({ tier: z.string(), privateAddress: z.string() })),
});
type Outputs = z.infer<typeof outputsSchema>;

const limitMs = 30_000;

/** How root of the stack's machines is reached: by SSH through a bastion, as `@pulumi/command` does it. */
export class Reach {
  readonly #stack: string;
  readonly #outputs: Outputs;
  readonly #folder = mkdtempSync(join(tmpdir(), "quickcart-restore-"));

  static async of(stack: string): Promise<Reach> {
    const args = ["stack", "output", "--json", "--show-secrets", "--stack", stack];
    const text = stack === stackName ? await pulumiOk(args, { limitMs }) : await ownStack(args);
    const parsed = outputsSchema.safeParse(JSON.parse(text));
    if (!parsed.success) throw new UserError(`the stack ${stack} has no machines: bring it up first`);
    return new Reach(stack, parsed.data);
  }

  private constructor(stack: string, outputs: Outputs) {
    this.#stack = stack;
    this.#outputs = outputs;
    writeFileSync(join(this.#folder, "key"), outputs.sshPrivateKey, { mode: 0o600 });
  }

  /** Names of a tier's machines. */
  machinesOf(tier: string): string[] {
    return Object.entries(this.#outputs.machines).filter(([, machine]) => machine.tier === tier).map(([name]) => name).sort();
  }

  async run(machine: string, command: string, { limitMs: limit, onLine }: { limitMs: number; onLine?: (line: string) => void }): Promise<Finished> {
    const address = this.#outputs.machines[machine]?.privateAddress;
    if (address === undefined) throw new Error(`the stack ${this.#stack} has no machine ${machine}`);
    let last: Finished = { code: 255, output: "no bastion" };
    for (const bastion of this.#outputs.bastionAddresses.filter((one) => one !== null)) {
      last = await this.#ssh(bastion, address, command, limit, onLine);
      // ssh's own code: nobody was reached, so nothing was done.
      if (last.code !== 255) break;
    }
    return last;
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #ssh(bastion: string, address: string, command: string, limit: number, onLine?: (line: string) => void): Promise<Finished> {
    // One for each way: machines are asked at the same time.
    const config = join(this.#folder, `${bastion}-${address}`);
    const options = [
      "User root", `IdentityFile ${join(this.#folder, "key")}`, "IdentitiesOnly yes", "BatchMode yes", "ConnectTimeout 10", "ServerAliveInterval 15",
      // Machines were made with keys that nobody has seen; the way to them is the bastion's and the private network's.
      "StrictHostKeyChecking accept-new", `UserKnownHostsFile ${join(this.#folder, "hosts")}`, "LogLevel ERROR",
    ];
    writeFileSync(config, [`Host ${bastion}`, ...options, `Host ${address}`, ...options, `ProxyJump ${bastion}`, ""].join("\n"), { mode: 0o600 });
    const ssh = ["ssh", "-F", config, address, command];
    const [program = "", ...args] = this.#stack === stackName ? [process.execPath, localcloud, "exec", "--", ...ssh] : ssh;
    return await run(program, args, { limitMs: limit, ...(onLine ? { onLine } : {}) });
  }
}

/** In the caller's own environment: the backend, the passphrase and the tokens are theirs. */
async function ownStack(args: string[]): Promise<string> {
  const tools = readTools();
  const env = { ...process.env, PATH: [dirname(tools.node), tools.pulumiDir, process.env["PATH"] ?? ""].join(delimiter) };
  const { code, output } = await run("pulumi", [...args, "--non-interactive"], { limitMs, env });
  if (code !== 0) throw new UserError(`\`pulumi stack output\` failed (exit code ${code}):\n${output}`);
  return output;
}
