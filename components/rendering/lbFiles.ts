import { peering } from "../../agents/lb/peering.ts";
import { file, type RenderedFile } from "./renderedFile.ts";
import type { LbRole } from "./role.ts";
import { render } from "./templates.ts";

/** What a load balancer gets beside what every machine has. */
export function lb(role: LbRole): RenderedFile[] {
  return [
    file("/etc/sysctl.d/60-quickcart.conf", render("lb/sysctl.conf", {})),
    file("/etc/nftables.conf", render("lb/nftables.conf", { peering })),
    file("/etc/quickcart/lb.json", render("lb/lb.json", role)),
  ];
}
