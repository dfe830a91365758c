import { slots } from "../../agents/slots.ts";
import packages from "../../templates/packages.json" with { type: "json" };
import { isPrivate, type PrivateRole, type Role } from "./role.ts";

/** What the apply script does on a machine of this role, in order. */
export interface Plan {
  /** Debian's names. */
  packages: string[];
  /** Functions of the script. */
  steps: string[];
  agents: (keyof Role["agents"])[];
  /** Units that come back with every boot. */
  enabled: string[];
  /** Units that are started, or told of their new settings, at the end. */
  restarted: string[];
}

const loadBalancing = [
  "haproxy", "quickcart-vrrp", "keepalived", "quickcart-topology", "quickcart-lb", "quickcart-handover", "quickcart-logrotate.timer",
];

const databaseWayUnits = ["quickcart-database", "quickcart-database-addresses.path"];

const backupTimers = ["quickcart-archive.timer", "quickcart-backup.timer"];

const monitorTimers = ["quickcart-proof.timer"];

const redisUnits = ["quickcart-redis", "prometheus-redis-exporter"];

export function planOf(role: Role): Plan {
  switch (role.tier) {
    case "bastion": return {
      packages: [...packages.base, ...packages.bastion],
      // It forwards (kernel) only once there is something that drops (firewall).
      steps: ["instance", "ssh", "overlay", "packages", "time_zone", "firewall", "kernel", "runtime", "agents", "services"],
      agents: ["topology"],
      enabled: ["bird", "quickcart-announce", "quickcart-topology"],
      restarted: ["bird", "quickcart-announce", "quickcart-topology"],
    };
    case "app": return privatePlan(role, {
      packages: packages.app,
      agents: ["topology", "release"],
      enabled: [...databaseWayUnits, "quickcart-topology", "quickcart-release", ...slots.map((slot) => `quickcart-app@${slot}`)],
      restarted: [...databaseWayUnits, "quickcart-topology", "quickcart-release"],
    });
    case "db": return privatePlan(role, {
      packages: packages.db,
      early: ["setup"],
      steps: ["database"],
      agents: ["topology", "fence", "backup"],
      enabled: ["quickcart-topology", "etcd", "patroni", "pgbouncer", "quickcart-fence", "quickcart-room", ...backupTimers, "prometheus-postgres-exporter", "prometheus-pgbouncer-exporter"],
      restarted: ["quickcart-topology", "quickcart-fence", "quickcart-room", ...backupTimers],
    });
    case "redis": return privatePlan(role, {
      packages: packages.redis,
      steps: ["redis"],
      agents: ["topology", "redis"],
      enabled: ["quickcart-topology", ...redisUnits],
      restarted: ["quickcart-topology", ...redisUnits],
    });
    case "monitor": return privatePlan(role, {
      packages: packages.monitor,
      steps: ["monitor"],
      agents: ["topology", "proof"],
      enabled: ["quickcart-topology", ...monitorTimers],
      restarted: ["quickcart-topology", ...monitorTimers],
    });
    case "lb": return {
      packages: [...packages.base, ...packages.lb],
      steps: ["instance", "kernel", "ssh", "overlay", "packages", "time_zone", "firewall", "runtime", "agents", "certificate", "services"],
      agents: ["topology", "lb"],
      enabled: loadBalancing,
      restarted: loadBalancing,
    };
    default: return role satisfies never;
  }
}

/** A machine without a public interface first makes itself a way out. */
function privatePlan({ egress }: PrivateRole, own: Omit<Plan, "steps"> & { steps?: string[]; early?: string[] }): Plan {
  const ownEgress = egress === "bastions";
  const bird = ownEgress ? ["bird"] : [];
  return {
    packages: [...packages.base, ...ownEgress ? packages.private : [], ...own.packages],
    steps: [
      "instance", "kernel", "ssh", ...ownEgress ? ["overlay"] : [], "outside", ...own.early ?? [],
      "packages", "time_zone", "firewall", "runtime", "agents", ...own.steps ?? [], "services",
    ],
    agents: own.agents,
    enabled: [...bird, ...own.enabled],
    restarted: [...bird, ...own.restarted],
  };
}

/** On a machine that the apply script has brought to its end once. */
export const appliedPath = "/etc/quickcart/applied";

/** Whether the machine is an end of a VXLAN: of those that carry egress, or of the one between the load balancers. */
export function usesOverlay(role: Role): boolean {
  return !isPrivate(role) || role.egress === "bastions";
}

/** Of the private bucket, by virtual host. */
export function storageUrl({ storage }: Role): string {
  return `https://${storage.bucket}.${storage.endpoint}`;
}
