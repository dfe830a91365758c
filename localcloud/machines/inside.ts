import { type Result, capture } from "./command.ts";

/**
 * Into all the machine's namespaces, and from there a service of its own init runs the command: nsenter alone would run it
 * with the host's capabilities and outside the machine's limits.
 */
function enter(leader: number, options: readonly string[], argv: readonly string[]): string[] {
  // Words arrive as they were given: without the option the machine's systemd would put its own variables into them.
  return ["nsenter", "--target", String(leader), "--all", "systemd-run", "--quiet", "--collect", "--expand-environment=no", ...options, "--", ...argv];
}

/** What a shell on the machine's own terminal would see. */
export function insideArgv(leader: number, argv: readonly string[]): string[] {
  return enter(leader, ["--wait", "--pipe", "--service-type=exec", "--working-directory=/root", "--setenv=HOME=/root"], argv);
}

/** The same with a terminal, for a person; a login shell when no command is given. */
export function terminalArgv(leader: number, argv: readonly string[] = ["bash", "--login"]): string[] {
  return enter(leader, ["--wait", "--pty", "--service-type=exec", "--working-directory=/root", "--setenv=HOME=/root", "--setenv=TERM=xterm-256color"], argv);
}

export async function runInside(leader: number, argv: readonly string[], options: { timeout?: number; input?: string } = {}): Promise<Result> {
  return capture(insideArgv(leader, argv), options);
}
