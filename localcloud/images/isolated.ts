import { spawn } from "node:child_process";

export interface RunOptions {
  env?: NodeJS.ProcessEnv;
  /** Each line of what the command says. */
  onLine?: (line: string) => void;
}

/** One command takes two minutes at most where a mirror answers; wget and apt alone would try a dead one for hours. */
const limitMs = 15 * 60_000;

/** Nothing of the caller's environment may shape an image. */
export const cleanEnvironment: NodeJS.ProcessEnv = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  LC_ALL: "C.UTF-8",
  DEBIAN_FRONTEND: "noninteractive",
  // The image is thrown away if the host goes down meanwhile, so nothing needs to be synced file by file.
  DPKG_FORCE: "unsafe-io",
};

/** Runs a command to its end; rejects with the end of what it said. Resolves to its standard output. */
export function run(argv: readonly string[], { env = cleanEnvironment, onLine }: RunOptions = {}): Promise<string> {
  const [file = "", ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env, stdio: ["ignore", "pipe", "pipe"], timeout: limitMs, killSignal: "SIGKILL" });
    let stdout = "";
    let said = "";
    let rest = "";
    const hear = (text: string): void => {
      said = (said + text).slice(-4_000);
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) onLine?.(line);
    };
    child.stdout.setEncoding("utf8").on("data", (text: string) => { stdout += text; hear(text); });
    child.stderr.setEncoding("utf8").on("data", hear);
    child.on("error", (error) => { reject(new Error(`\`${file}\` could not be started: ${error.message}`)); });
    child.on("close", (code, signal) => {
      if (code === 0) resolve(stdout);
      else reject(new Error(`\`${argv.join(" ")}\` ended with ${signal ?? `status ${code}`}${child.killed ? `, for it took longer than ${limitMs / 60_000} min` : ""}; it said last:\n${said.trim()}`));
    });
  });
}

/**
 * In mount and process namespaces of its own: whatever the command mounts or leaves running is gone when it ends, also
 * when we are killed meanwhile (the kernel then ends `unshare`, and that ends the namespaces' init).
 *
 * @param script what to do first, for `sh`; it ends with `exec "$@"` or the like
 */
export function isolated(script: string, argv: readonly string[]): string[] {
  return [
    "setpriv", "--pdeathsig", "KILL", "--",
    "unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--mount-proc", "--kill-child",
    "sh", "-ec", script, "sh", ...argv,
  ];
}

/** In the tree as its root. The network is the host's. */
export function inTree(tree: string, argv: readonly string[]): string[] {
  return isolated('tree=$1; shift; mount -t proc proc "$tree/proc"; exec chroot "$tree" "$@"', [tree, ...argv]);
}

/** In the tree with changes going to `diff`, an overlay's upper directory; `work` is scratch on the same file system. */
export function inLayer(tree: string, layer: { diff: string; work: string; mount: string }, argv: readonly string[]): string[] {
  const script = [
    "tree=$1 diff=$2 work=$3 at=$4; shift 4",
    'mount -t overlay overlay -o "lowerdir=$tree,upperdir=$diff,workdir=$work" "$at"',
    'mount -t proc proc "$at/proc"',
    'exec chroot "$at" "$@"',
  ].join("\n");
  return isolated(script, [tree, layer.diff, layer.work, layer.mount, ...argv]);
}
