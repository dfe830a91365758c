import { boot } from "./boot.ts";
import { daemonRestart } from "./daemonRestart.ts";
import { destroy } from "./destroy.ts";
import { down } from "./down.ts";
import type { Drill } from "./drill.ts";
import { egressBastionPower } from "./egressBastionPower.ts";
import { firewallBasics } from "./firewallBasics.ts";
import { tamperedArtifact } from "./tamperedArtifact.ts";
import { upKilled } from "./upKilled.ts";

/** In the order in which `all` runs them: the harmless first, those that take the stack down last. */
export const drills: Drill[] = [firewallBasics, egressBastionPower, tamperedArtifact, boot, daemonRestart, destroy, down, upKilled];
