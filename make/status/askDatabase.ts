import * as z from "zod";
import { paths as backup } from "../../agents/backup/paths.ts";
import { outcomeSchema, statusSchema, transaction } from "../../agents/etcd/wire.ts";
import { fenceKeys, type Off, offSchema, type Past, pastSchema } from "../../agents/fence/keys.ts";
import { paths as fence } from "../../agents/fence/paths.ts";
import { ports } from "../../components/ports.ts";

/** What a database machine says of itself. What does not answer there is null, and the rest is there all the same. */
export interface DatabaseFacts {
  patroni: { role: string; state: string; timeline: number | null; paused: boolean } | null;
  /** Bytes that members are behind, as Patroni counts them; null: it cannot tell. */
  lags: Record<string, number | null> | null;
  /** Of its own member; healthy: with a majority. */
  etcd: { leads: boolean; healthy: boolean } | null;
  /** Whether it has a token to fence with. */
  mayFence: boolean;
  fence: { past: Past[]; off: Off[] } | null;
  /** Milliseconds since 1970; null: this machine does not know. */
  lastBackup: number | null;
  lastWal: number | null;
}

const metrics = { backup: "quickcart_backup_last_full_timestamp_seconds", wal: "quickcart_archive_last_segment_timestamp_seconds" };

const fenceQuestion = JSON.stringify(transaction([], [{ kind: "list", prefix: fenceKeys.past }, { kind: "list", prefix: fenceKeys.off }]));

/** All at once, two seconds each: a member that hangs must not hide what the others know. */
export const databaseScript = `
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT
ask() {
  name=$1
  shift
  curl --silent --max-time 2 --cacert ${fence.tls.ca} --cert ${fence.tls.cert} --key ${fence.tls.key} "$@" > "$dir/$name" &
}
ask patroni https://127.0.0.1:${ports.patroni.from}/patroni
ask cluster https://127.0.0.1:${ports.patroni.from}/cluster
ask health https://127.0.0.1:${ports.etcd.from}/health
ask etcd --data '{}' https://127.0.0.1:${ports.etcd.from}/v3/maintenance/status
ask fence --data '${fenceQuestion}' https://127.0.0.1:${ports.etcd.from}/v3/kv/txn
wait
for name in patroni cluster health etcd fence; do echo "$name $(tr -d '\\n' < "$dir/$name")"; done
[ ! -s ${fence.token} ] || echo "token"
cat ${backup.metrics}/quickcart_archive.prom ${backup.metrics}/quickcart_backup.prom 2> /dev/null || true`;

const patroniSchema = z.object({
  role: z.string(), state: z.string(), timeline: z.number().nullish(), replication_state: z.string().nullish(),
  sync_standby: z.boolean().default(false), quorum_standby: z.boolean().default(false), pause: z.boolean().default(false),
}).transform(({ role, state, timeline, replication_state: follows, sync_standby: sync, quorum_standby: quorum, pause: paused }) => ({
  // As Patroni calls them in its list of members.
  role: sync ? "sync standby" : quorum ? "quorum standby" : role.replaceAll("_", " "),
  state: role === "primary" ? state : follows ?? state, timeline: timeline ?? null, paused,
}));

const clusterSchema = z.object({ members: z.array(z.object({ name: z.string(), lag: z.union([z.number(), z.string()]).optional() })) })
  .transform(({ members }) => Object.fromEntries(members.flatMap(({ name, lag }) => lag === undefined ? [] : [[name, typeof lag === "number" ? lag : null]])));

const healthSchema = z.object({ health: z.enum(["true", "false"]) });

/** Pure: what the script above printed. */
export function parseDatabase(text: string): DatabaseFacts {
  const lines = text.split("\n");
  const said = <T>(name: string, schema: z.ZodType<T>): T | null =>
    parsed(schema, lines.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1) ?? "");
  const etcd = said("etcd", statusSchema);
  const fenced = said("fence", outcomeSchema);
  const metric = (name: string): number | null => {
    const value = lines.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1);
    return value === undefined ? null : Number(value) * 1000;
  };
  return {
    patroni: said("patroni", patroniSchema),
    lags: said("cluster", clusterSchema),
    etcd: etcd === null ? null : { leads: etcd.leader === etcd.member, healthy: said("health", healthSchema)?.health === "true" },
    mayFence: lines.includes("token"),
    fence: fenced === null ? null : { past: entries(fenced.found[0], pastSchema), off: entries(fenced.found[1], offSchema) },
    lastBackup: metric(metrics.backup),
    lastWal: metric(metrics.wal),
  };
}

const entries = <T>(found: readonly { value: string }[] = [], schema: z.ZodType<T>): T[] => found.flatMap(({ value }) => parsed(schema, value) ?? []);

function parsed<T>(schema: z.ZodType<T>, text: string): T | null {
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return null;
    throw error;
  }
}
