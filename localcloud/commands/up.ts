import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Command, parse, positionals } from "../cli/command.ts";
import { UserError } from "../cli/errors.ts";
import { type Output } from "../cli/output.ts";
import { CloudError, tell } from "../client.ts";
import { makePrivateDir, messageOf, readTextIfThere } from "../files.ts";
import { bakeImages } from "../images/bake.ts";
import { checkHost } from "../lifecycle/checks.ts";
import { serviceGroup } from "../lifecycle/groups.ts";
import { isUp, launch, type Launched } from "../lifecycle/launch.ts";
import { withLock } from "../lifecycle/lock.ts";
import { makeCloudNamespace } from "../lifecycle/namespaces.ts";
import { type ServiceName } from "../lifecycle/record.ts";
import { endServices, teardown } from "../lifecycle/teardown.ts";
import { waitUntil } from "../lifecycle/wait.ts";
import { killGroup, removeGroup } from "../machines/cgroupTree.ts";
import { type Status } from "../operations.ts";
import { askOutside } from "../outside/sockets.ts";
import { runDir, stateDir } from "../paths.ts";
import { findVersitygw } from "../tools.ts";

/** A daemon that adopts many machines after a reboot of the host boots them all first. */
const daemonLimit = 120_000;
const outsideLimit = 60_000;

export const up: Command = {
  summary: "raise the local cloud, or find it raised",
  usage: ["[--api-only]"],
  help: [
    "Makes the network namespace, starts the cloud's two processes and waits until they are ready. What is there already is",
    "kept: machines go on running while a daemon that died is replaced. Takes root; bakes the machines' images first if the",
    "cache has none. With --api-only it answers the API and the object storage but builds no machines, and needs no images: enough",
    "for `pulumi preview`.",
  ],
  async run(args, output) {
    const { values, positionals: given } = parse(args, { "api-only": { type: "boolean", default: false } });
    positionals(given, []);
    const began = Date.now();
    const ready = await statusIfReady();
    if (ready !== null && (await isUp("outside"))) {
      output.result({ changed: false, status: ready }, [`The local cloud is up already, with ${countMachines(ready)}.`]);
      return;
    }
    await checkHost();
    const status = await withLock("up", () => raise(output, values["api-only"] === true));
    const seconds = ((Date.now() - began) / 1000).toFixed(1);
    output.result({ changed: true, status }, [`The local cloud is up, with ${countMachines(status)} (${seconds} s).`]);
  },
};

async function raise(output: Output, apiOnly: boolean): Promise<Status> {
  findVersitygw();
  if (!apiOnly) await bakeImages((line) => output.say(line));
  const isFresh = !existsSync(stateDir);
  output.say(isFresh ? "Raising the local cloud." : "Raising the local cloud again, with what it had.");
  try {
    await makePrivateDir(stateDir);
    await makePrivateDir(runDir);
    await makeCloudNamespace();
    await start("outside", outsideLimit, async () => {
      await askOutside("GET", "/");
      return true;
    }, () => "");
    let stage = "";
    await start("daemon", daemonLimit, async () => {
      const status = await tell("status", {}, 5_000);
      if (status.stage !== stage) output.say(`  ${status.stage}`);
      stage = status.stage;
      return status.ready;
    }, () => stage, apiOnly ? ["--api-only"] : []);
    return await tell("status", {});
  } catch (error) {
    const tail = await logTail();
    output.say(isFresh ? "It did not come up; removing what was made." : "It did not come up; stopping what was started. Machines go on running.");
    if (isFresh) await teardown(() => undefined);
    else await endServices();
    throw new UserError([`the local cloud did not come up: ${messageOf(error)}`, ...tail].join("\n"));
  }
}

async function start(name: ServiceName, limit: number, isReady: () => Promise<boolean>, stage: () => string, args: readonly string[] = []): Promise<void> {
  let service: Launched | null = null;
  if (!(await isUp(name))) {
    // Children of one that was killed, and a group that would kill what is born in it.
    const group = await serviceGroup(name);
    await killGroup(group);
    await removeGroup(group);
    service = await launch(name, args);
  }
  let last = "";
  await waitUntil(`the ${name} process is ready`, limit, async () => {
    if (service !== null && !service.lives()) {
      throw new UserError(`the ${name} process ended: ${(await service.lastWords()) || "it said nothing"}`);
    }
    try {
      return await isReady();
    } catch (error) {
      last = messageOf(error);
      return false;
    }
  }, () => [stage(), last].filter((part) => part !== "").join("; "));
}

async function statusIfReady(): Promise<Status | null> {
  try {
    const status = await tell("status", {}, 5_000);
    return status.ready ? status : null;
  } catch (error) {
    if (error instanceof CloudError) return null;
    throw error;
  }
}

async function logTail(): Promise<string[]> {
  const text = (await readTextIfThere(join(stateDir, "daemon.log"))) ?? "";
  const lines = text.trimEnd().split("\n").slice(-15);
  return text === "" ? [] : ["The end of its log:", ...lines.map((line) => `  ${line}`)];
}

export function countMachines({ machines }: Pick<Status, "machines">): string {
  const on = machines.filter((machine) => machine.running).length;
  const count = `${machines.length} ${machines.length === 1 ? "machine" : "machines"}`;
  return on === machines.length ? count : `${count}, ${on} of them running`;
}
