/** Where the backup finds what it needs; templates render these same paths. */
export const paths = {
  /** Handed over by the apply script to the user that PostgreSQL runs as. */
  settings: "/etc/pgbackrest/quickcart.json",
  data: "/var/lib/postgresql/17/quickcart",
  /** What a restore was asked for, on the one machine that is to do it. */
  request: "/var/lib/postgresql/quickcart-restore.json",
  /** What was there before a restore: files that are still the same need not be fetched. */
  before: "/var/lib/postgresql/17/quickcart.before",
  sockets: "/run/postgresql",
  programs: "/usr/lib/postgresql/17/bin",
  /** For the exporter of the machine's metrics. */
  metrics: "/var/lib/prometheus/node-exporter",
} as const;

/** pgBackRest's name for the cluster whose backups these are. */
export const stanza = "quickcart";
