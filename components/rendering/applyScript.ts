import { overlay } from "../../agents/topology/overlay.ts";
import { planOf, storageUrl, usesOverlay } from "./plan.ts";
import type { Role } from "./role.ts";
import { render } from "./templates.ts";

/** The one script that makes a machine what its role asks for. */
export function applyScript(role: Role): string {
  const plan = planOf(role);
  const storage = { url: storageUrl(role) };
  const overlayPart = usesOverlay(role) ? [render(`${role.tier}/overlay.sh`, { overlay })] : [];
  const outsidePart = role.tier === "app" ? [render(`app/outside-${role.egress}.sh`, { overlay, storage })] : [];
  return render("base/quickcart-apply", {
    metadata: render(`base/metadata-${role.cloud}.sh`, {}),
    parts: [...overlayPart, ...outsidePart],
    packages: plan.packages.join(" "),
    steps: plan.steps.join(" "),
    timeZone: role.timeZone,
    storage,
    runtime: { key: role.runtime, sha256: hashIn(role.runtime) },
    agents: plan.agents.map((name) => ({ name, key: role.agents[name], sha256: hashIn(role.agents[name]) })),
    enabled: plan.enabled.join(" "),
    restarted: plan.restarted.join(" "),
  });
}

function hashIn(key: string): string {
  const hash = /[0-9a-f]{64}/.exec(key)?.[0];
  if (hash === undefined) throw new Error(`the key ${key} holds no sha256`);
  return hash;
}
