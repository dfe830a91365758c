import { overlay } from "../../agents/topology/overlay.ts";
import { databaseTls } from "./databaseFiles.ts";
import { gateways } from "./gateways.ts";
import { appliedPath, type Plan, planOf, storageUrl, usesOverlay } from "./plan.ts";
import { redisStarted } from "./redisFiles.ts";
import { isPrivate, type Role } from "./role.ts";
import { revisionPath } from "./revision.ts";
import { setupOf } from "./setup.ts";
import { render } from "./templates.ts";

/** The one script that makes a machine what its role asks for. */
export function applyScript(role: Role): string {
  const plan = planOf(role);
  const storage = { url: storageUrl(role) };
  const overlayPart = usesOverlay(role) ? [render(`${isPrivate(role) ? "private" : role.tier}/overlay.sh`, { overlay })] : [];
  const outsidePart = isPrivate(role) ? [render(`private/outside-${role.egress}.sh`, { overlay, gateways, storage })] : [];
  const databasePart = role.tier === "db" ? [databaseScript(plan)] : [];
  const redisPart = role.tier === "redis" ? [render("redis/redis.sh", { started: redisStarted })] : [];
  const monitorPart = role.tier === "monitor" ? [render("monitor/monitor.sh", {})] : [];
  const setup = setupOf(role);
  const setupPart = setup === null ? [] : [render("base/setup-step.sh", setup)];
  const certificatePart = role.tier === "lb" ? [render("lb/certificate.sh", { certificate: role.certificate })] : [];
  return render("base/quickcart-apply", {
    applied: appliedPath,
    revision: revisionPath,
    metadata: render(`base/metadata-${role.cloud}.sh`, {}),
    parts: [...overlayPart, ...outsidePart, ...setupPart, ...databasePart, ...redisPart, ...monitorPart, ...certificatePart],
    packages: plan.packages.join(" "),
    steps: plan.steps.join(" "),
    timeZone: role.timeZone,
    storage,
    runtime: role.runtime,
    agents: plan.agents.map((name) => ({ name, key: role.agents[name] })),
    enabled: plan.enabled.join(" "),
    restarted: plan.restarted.join(" "),
  });
}

function databaseScript({ enabled, restarted }: Plan): string {
  return render("db/database.sh", { etcd: databaseTls.etcd, tls: databaseTls.postgres, enabled: enabled.join(" "), restarted: restarted.join(" ") });
}
