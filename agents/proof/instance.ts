/** A PostgreSQL that lives for the proof: its own folder, no network, nothing archived. */
import { access, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { paths, stanza } from "../backup/paths.ts";
import { runLong, sql } from "../backup/programs.ts";
import type { ProofSettings } from "./settings.ts";

export class Instance {
  readonly #folder: string;
  readonly #data: string;
  readonly port = 5499;

  constructor(folder: string) {
    this.#folder = folder;
    this.#data = join(folder, "data");
  }

  get at(): { sockets: string; port: number } {
    return { sockets: this.#folder, port: this.port };
  }

  async prepare({ cipher, repositories }: ProofSettings): Promise<void> {
    await this.remove();
    await rm(join(this.#folder, "postgresql.log"), { force: true });
    await mkdir(this.#data, { mode: 0o700 });
    await mkdir(join(this.#folder, "spool"), { recursive: true });
    await mkdir(join(this.#folder, "lock"), { recursive: true });
    const lines = repositories.flatMap(({ bucket, endpoint, region, accessKey, secretKey }, index) => {
      const repo = `repo${index + 1}`;
      return [
        `${repo}-type=s3`, `${repo}-path=/pgbackrest`, `${repo}-s3-bucket=${bucket}`, `${repo}-s3-endpoint=${endpoint}`, `${repo}-s3-region=${region}`,
        `${repo}-s3-uri-style=host`, `${repo}-s3-key=${accessKey}`, `${repo}-s3-key-secret=${secretKey}`, `${repo}-cipher-type=aes-256-cbc`, `${repo}-cipher-pass=${cipher}`,
      ];
    });
    await writeFile(this.#configuration, [
      "[global]", ...lines, "process-max=4", "log-level-console=warn", "log-level-stderr=error", "log-level-file=off",
      `spool-path=${join(this.#folder, "spool")}`, `lock-path=${join(this.#folder, "lock")}`, `[${stanza}]`, `pg1-path=${this.#data}`, "",
    ].join("\n"), { mode: 0o600 });
    await writeFile(join(this.#folder, "postgresql.conf"), Object.entries(this.#settings).map(([name, value]) => `${name} = '${value}'\n`).join(""), { mode: 0o600 });
    await writeFile(join(this.#folder, "pg_hba.conf"), "local all postgres peer map=proof\n", { mode: 0o600 });
    await writeFile(join(this.#folder, "pg_ident.conf"), "proof postgres postgres\n", { mode: 0o600 });
  }

  async pgbackrest(args: readonly string[]): Promise<string> {
    return await runLong("pgbackrest", [`--config=${this.#configuration}`, `--stanza=${stanza}`, ...args]);
  }

  /** The backup's files, to be replayed up to a place in the WAL and no further. */
  async restore(label: string, lsn: string): Promise<void> {
    const getting = `pgbackrest --config=${this.#configuration} --stanza=${stanza} --archive-async --process-max=2 archive-get %f "%p"`;
    await this.pgbackrest(["restore", `--set=${label}`, "--type=lsn", `--target=${lsn}`, "--target-exclusive", "--target-action=pause", `--recovery-option=restore_command=${getting}`]);
  }

  /** Until it answers; a recovery that fails ends PostgreSQL, and pg_ctl with it. @param options beside those of a throwaway */
  async start(options: Readonly<Record<string, string>>): Promise<void> {
    const words = Object.entries({ config_file: join(this.#folder, "postgresql.conf"), ...options }).map(([name, value]) => `-c ${name}='${value}'`).join(" ");
    await runLong(`${paths.programs}/pg_ctl`, ["start", "--wait", "--timeout=36000", "--pgdata", this.#data, "--log", join(this.#folder, "postgresql.log"), "--options", words]);
  }

  async stop(): Promise<void> {
    await runLong(`${paths.programs}/pg_ctl`, ["stop", "--mode=fast", "--pgdata", this.#data]);
  }

  /** SQL that answers with `t` once it is so; PostgreSQL that ends meanwhile is an error. */
  async until(condition: string, what: string): Promise<void> {
    for (;;) {
      // A recovery that cannot go on ends PostgreSQL; why, it has said to its log.
      const held = await sql(`SELECT pg_sleep(0.2); ${condition}`, this.at).catch(async () => {
        throw new Error(`PostgreSQL ended before ${what}: ${lastWords(await readFile(join(this.#folder, "postgresql.log"), "utf8"))}`);
      });
      if (held === "t") return;
    }
  }

  async remove(): Promise<void> {
    const runs = await access(join(this.#data, "postmaster.pid")).then(() => true, () => false);
    if (runs) await runLong(`${paths.programs}/pg_ctl`, ["stop", "--mode=immediate", "--pgdata", this.#data]).catch(() => undefined);
    await rm(this.#data, { recursive: true, force: true });
    await rm(join(this.#folder, "spool"), { recursive: true, force: true });
  }

  /** Its own, whatever the machine had that the backup is of; with at least as much as any primary of what a standby must have as much of. */
  get #settings(): Record<string, string> {
    return {
      data_directory: this.#data, hba_file: join(this.#folder, "pg_hba.conf"), ident_file: join(this.#folder, "pg_ident.conf"),
      listen_addresses: "", unix_socket_directories: this.#folder, port: String(this.port), shared_buffers: "128MB", maintenance_work_mem: "256MB", max_wal_size: "4GB", fsync: "off",
      max_connections: "2000", max_worker_processes: "264", max_wal_senders: "100", max_locks_per_transaction: "128", hot_standby: "on", shared_preload_libraries: "pg_stat_statements",
    };
  }

  get #configuration(): string {
    return join(this.#folder, "pgbackrest.conf");
  }
}

function lastWords(log: string): string {
  return log.split("\n").filter((line) => /FATAL|PANIC|ERROR/.test(line)).slice(-3).join("; ") || log.slice(-300);
}
