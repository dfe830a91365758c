/** A PostgreSQL that lives for the proof: its own folder, no network, nothing archived. */
import { access, mkdir, readFile, rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { paths, stanza } from "../backup/paths.ts";
import { runLong, sql } from "../backup/programs.ts";
import { message } from "../errors.ts";
import type { Disk } from "./compare.ts";
import type { ProofSettings } from "./settings.ts";

const dataIn = (folder: string): string => join(folder, "data");
const spoolIn = (folder: string): string => join(folder, "spool");

/** Of what was restored nothing may stay: it is everything that the database holds. */
export async function removeCopy(folder: string): Promise<void> {
  for (const one of [dataIn(folder), spoolIn(folder)]) await rm(one, { recursive: true, force: true });
}

export class Instance {
  readonly #folder: string;
  /** In memory: keys and the cipher's password are here, and gone with the unit. */
  readonly #runtime: string;
  readonly #data: string;
  readonly port = 5499;

  constructor(folder: string, runtime: string) {
    this.#folder = folder;
    this.#runtime = runtime;
    this.#data = dataIn(folder);
  }

  get at(): { sockets: string; port: number } {
    return { sockets: this.#runtime, port: this.port };
  }

  /** That the copy goes to. */
  async disk(): Promise<Disk> {
    const { blocks, bavail, bsize } = await statfs(this.#folder);
    return { bytes: blocks * bsize, free: bavail * bsize };
  }

  async prepare({ cipher, repositories }: ProofSettings): Promise<void> {
    await this.remove();
    await rm(this.#log, { force: true });
    await mkdir(this.#data, { mode: 0o700 });
    await mkdir(spoolIn(this.#folder), { recursive: true });
    await mkdir(join(this.#runtime, "lock"), { recursive: true });
    const lines = repositories.flatMap(({ bucket, endpoint, region, accessKey, secretKey }, index) => {
      const repo = `repo${index + 1}`;
      return [
        `${repo}-type=s3`, `${repo}-path=/pgbackrest`, `${repo}-s3-bucket=${bucket}`, `${repo}-s3-endpoint=${endpoint}`, `${repo}-s3-region=${region}`,
        `${repo}-s3-uri-style=host`, `${repo}-s3-key=${accessKey}`, `${repo}-s3-key-secret=${secretKey}`, `${repo}-cipher-type=aes-256-cbc`, `${repo}-cipher-pass=${cipher}`,
      ];
    });
    await writeFile(this.#configuration, [
      "[global]", ...lines, "process-max=4", "log-level-console=warn", "log-level-stderr=error", "log-level-file=off",
      `spool-path=${spoolIn(this.#folder)}`, `lock-path=${join(this.#runtime, "lock")}`, `[${stanza}]`, `pg1-path=${this.#data}`, "",
    ].join("\n"), { mode: 0o600 });
    await writeFile(join(this.#runtime, "postgresql.conf"), Object.entries(this.#settings).map(([name, value]) => `${name} = '${value}'\n`).join(""), { mode: 0o600 });
    await writeFile(join(this.#runtime, "pg_hba.conf"), "local all postgres peer map=proof\n", { mode: 0o600 });
    await writeFile(join(this.#runtime, "pg_ident.conf"), "proof postgres postgres\n", { mode: 0o600 });
  }

  async pgbackrest(args: readonly string[]): Promise<string> {
    return await runLong("pgbackrest", [`--config=${this.#configuration}`, `--stanza=${stanza}`, ...args]);
  }

  /** The backup's files, to be replayed up to a place in the WAL and no further. */
  async restore(label: string, lsn: string): Promise<void> {
    const getting = `pgbackrest --config=${this.#configuration} --stanza=${stanza} --archive-async --process-max=2 archive-get %f "%p"`;
    await this.pgbackrest(["restore", `--set=${label}`, "--type=lsn", `--target=${lsn}`, "--target-exclusive", "--target-action=pause", `--recovery-option=restore_command=${getting}`]);
  }

  /** What is wrong with the files of a backup, in pgBackRest's words. It reads all of them: for when a restore has failed. */
  async flaws(label: string): Promise<string[]> {
    return flawsIn(await this.pgbackrest(["verify", `--set=${label}`, "--output=text", "--log-level-console=info"]).catch(message));
  }

  /** Until it answers; a recovery that fails ends PostgreSQL, and pg_ctl with it. @param options beside those of a throwaway */
  async start(options: Readonly<Record<string, string>>): Promise<void> {
    const words = Object.entries({ config_file: join(this.#runtime, "postgresql.conf"), ...options }).map(([name, value]) => `-c ${name}='${value}'`).join(" ");
    const args = ["start", "--wait", "--timeout=36000", "--pgdata", this.#data, "--log", this.#log, "--options", words];
    await runLong(`${paths.programs}/pg_ctl`, args).catch(async () => this.#ended("it answered"));
  }

  async stop(): Promise<void> {
    await runLong(`${paths.programs}/pg_ctl`, ["stop", "--mode=fast", "--pgdata", this.#data]);
  }

  /** SQL that answers with `t` once it is so; PostgreSQL that ends meanwhile is an error. */
  async until(condition: string, what: string): Promise<void> {
    for (;;) {
      const held = await sql(`SELECT pg_sleep(0.2); ${condition}`, this.at).catch(async () => this.#ended(what));
      if (held === "t") return;
    }
  }

  /** A recovery that cannot go on ends PostgreSQL; why, it has said to its log. */
  async #ended(what: string): Promise<never> {
    throw new Error(`PostgreSQL ended before ${what}: ${lastWords(await readFile(this.#log, "utf8"))}`);
  }

  async remove(): Promise<void> {
    const runs = await access(join(this.#data, "postmaster.pid")).then(() => true, () => false);
    if (runs) await runLong(`${paths.programs}/pg_ctl`, ["stop", "--mode=immediate", "--pgdata", this.#data]).catch(() => undefined);
    await removeCopy(this.#folder);
  }

  /** Its own, whatever the machine had that the backup is of; with at least as much as any primary of what a standby must have as much of. */
  get #settings(): Record<string, string> {
    return {
      data_directory: this.#data, hba_file: join(this.#runtime, "pg_hba.conf"), ident_file: join(this.#runtime, "pg_ident.conf"),
      listen_addresses: "", unix_socket_directories: this.#runtime, port: String(this.port), shared_buffers: "128MB", maintenance_work_mem: "256MB", max_wal_size: "4GB", fsync: "off",
      max_connections: "2000", max_worker_processes: "264", max_wal_senders: "100", max_locks_per_transaction: "128", hot_standby: "on", shared_preload_libraries: "pg_stat_statements",
    };
  }

  get #log(): string {
    return join(this.#folder, "postgresql.log");
  }

  get #configuration(): string {
    return join(this.#runtime, "pgbackrest.conf");
  }
}

/** Of what pgBackRest says while it verifies, that which names a file. Pure. */
export function flawsIn(said: string): string[] {
  return [...said.matchAll(/ P\d\d +INFO: (?!verify command)([^']*'[^']+'.*)$/gm)].map(([, flaw = ""]) => flaw);
}

function lastWords(log: string): string {
  return log.split("\n").filter((line) => /FATAL|PANIC|ERROR/.test(line)).slice(-3).join("; ") || log.slice(-300);
}
