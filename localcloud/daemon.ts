import { createServer as createHttp } from "node:http";
import { createServer as createHttps } from "node:https";
import { type Server, createServer as createNet } from "node:net";
import { join } from "node:path";
import { serviceNames, services } from "./addresses.ts";
import { createApi } from "./api/api.ts";
import { createMetadata } from "./api/metadata.ts";
import { openStore } from "./api/state/store.ts";
import { controlSocket } from "./client.ts";
import { startControl } from "./control.ts";
import { ensureCredentials, credentialsFile } from "./credentials.ts";
import { messageOf, readTextIfThere, writeFileAtomic } from "./files.ts";
import { createHandlers, describeCloud, describeMachines, type Hardware } from "./handlers.ts";
import { findImages } from "./images/bake.ts";
import { openLog } from "./lifecycle/log.ts";
import { recordSelf } from "./lifecycle/record.ts";
import { LocalMachines } from "./machines/localMachines.ts";
import { openAuthority } from "./names/authority.ts";
import { startDns } from "./names/dns.ts";
import { writeResolution } from "./names/resolution.ts";
import { writeTrustLayer } from "./names/trust.ts";
import { LocalNetworks } from "./networks/localNetworks.ts";
import { type Status } from "./operations.ts";
import { askOutside, mirrorSocket } from "./outside/sockets.ts";
import { cgroupName, instance, machineNamespacePrefix, runDir, stateDir } from "./paths.ts";
import { createPublisher } from "./publish/publisher.ts";
import { startEcho } from "./services/echo.ts";
import { listen } from "./services/listen.ts";
import { startPipe } from "./services/pipe.ts";
import { startSpaces } from "./spaces/spaces.ts";
import { findVersitygw } from "./tools.ts";

/**
 * The local cloud itself, inside its own network namespace: hardware first, then what stands on it, then the doors.
 * Whatever an earlier daemon left running is adopted; killed at any moment, the next one finds the same.
 */
const region = "fra1";
/** Nothing but the API: no image is needed then, and no machine can be built. */
const apiOnly = process.argv.includes("--api-only");
const log = openLog(join(stateDir, "daemon.log"), "daemon");
const startedAt = new Date().toISOString();
let stage = "starting";
let ready = false;
let hardware: Hardware | null = null;
let image: Status["image"] = "baked";
/** In the order in which they were started; stopped in the other. */
const running: { name: string; stop(): Promise<void> | void }[] = [];

process.on("uncaughtException", (error) => {
  log.error(`the daemon ends while ${stage}: ${error.stack ?? error.message}`);
  process.stderr.write(`while ${stage}: ${error.stack ?? error.message}\n`);
  process.exit(1);
});

async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
  stage = name;
  const began = Date.now();
  const result = await work();
  log.info(name, { ms: Date.now() - began });
  return result;
}

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  ready = false;
  stage = "stopping";
  log.info("stopping; machines go on running");
  for (const { name, stop } of running.reverse()) {
    try {
      await stop();
    } catch (error) {
      log.warn(`${name} did not stop cleanly: ${messageOf(error)}`);
    }
  }
  process.exit(0);
}

async function serve(name: string, server: Server & { closeAllConnections(): void }, address: string, port: number): Promise<void> {
  await listen(server, address, port);
  running.push({ name, stop: () => new Promise<void>((resolve) => { server.close(() => resolve()); server.closeAllConnections(); }) });
}

await step("taking the daemon's place", async () => {
  const place = createNet();
  // An abstract socket belongs to the cloud's namespace and vanishes with its process: no stale lock is possible.
  await listen(place, `\0${instance}-daemon`).catch(() => {
    throw new Error("another daemon of this cloud is running");
  });
});
await recordSelf("daemon");

const control = await step("opening the control socket", () => startControl(controlSocket, () => ({
  status: async () => ({
    ready,
    stage,
    pid: process.pid,
    startedAt,
    machines: hardware === null ? [] : await describeMachines(hardware),
    ...(hardware === null
      ? { faults: { api: [], storage: "none" as const }, actionSeconds: 0, image, published: [], credentials: credentialsFile }
      : describeCloud(hardware, image)),
    ca: join(stateDir, "ca.crt"),
  }),
  ...(hardware === null ? {} : createHandlers(hardware, (kind) => (image = kind), () => void setImmediate(() => void stop()))),
}), log));
running.push({ name: "the control socket", stop: () => control.stop() });
process.on("SIGTERM", () => void stop());
process.on("SIGINT", () => void stop());

const networks = new LocalNetworks({ netnsPrefix: machineNamespacePrefix, stateFile: join(runDir, "networks.json") });
await step("raising the networks", () => networks.start());

const authority = await step("opening the certificate authority", () => openAuthority(stateDir));

await step("writing names for commands on the host", () => writeResolution());
const dns = await step("starting DNS", () => startDns(runDir, {
  hosts: {
    [serviceNames.api]: services.api,
    [serviceNames.echo]: services.echo,
    ...Object.fromEntries(serviceNames.packageMirrors.map((name) => [name, services.packageMirror])),
  },
  zones: { [`${region}.${serviceNames.spacesSuffix}`]: services.spaces },
  // The last is where a resolver asks that finds no resolv.conf, which not every host has.
}, [...services.nameservers, "127.0.0.1"], log));
running.push({ name: "DNS", stop: () => dns.stop() });

const virtualDomain = `${region}.${serviceNames.spacesSuffix}`;
const spaces = await step("starting the object storage", async () => startSpaces({
  program: findVersitygw(),
  dir: join(stateDir, "spaces"),
  runDir,
  region,
  virtualDomain,
  address: services.spaces,
  port: 443,
  certificate: await authority.issue([virtualDomain, `*.${virtualDomain}`]),
}, log));
running.push({ name: "the object storage", stop: () => spaces.stop() });

const machines = await step("finding the images", async () => {
  const images = apiOnly ? null : findImages();
  if (images === null && !apiOnly) throw new Error("the machines' images are not baked yet; `localcloud up` bakes them");
  const trust = join(stateDir, "trust");
  if (images !== null) await writeTrustLayer(trust, authority.certificate, images.baked[0] ?? images.bare);
  return new LocalMachines({ networks, images, extraLayer: trust, stateDir, runDir, cgroupName, namePrefix: machineNamespacePrefix, log });
});

const api = await step("reading the API's state", async () => createApi({
  datacenter: { networks, machines, storage: spaces },
  store: await openStore(join(stateDir, "state.json")),
  log: ({ level, message, ...about }) => log[level](message, about),
}));
await step("restoring VPCs and firewalls", () => api.restoreNetworks());
// Before machines boot: cloud-init asks for it at once.
await step("serving the metadata", () => serve("the metadata server", createHttp(createMetadata(api, ({ level, message, ...about }) => log[level](message, about))), services.metadata, 80));
const mirror = await step("serving packages", () => startPipe({ address: services.packageMirror, port: 80 }, () => ({ path: mirrorSocket })));
running.push({ name: "the package mirror", stop: () => mirror.stop() });
const echo = await step("serving the echo", async () => startEcho(services.echo, await authority.issue([serviceNames.echo])));
running.push({ name: "the echo", stop: () => echo.stop() });

await step("adopting machines", () => machines.start(api.expectedMachines()));
running.push({ name: "the machines' keeper", stop: () => machines.close() });
// Also the cables of machines that were half built: they are built anew in the next step.
await step("removing cables that nobody uses", () => networks.prune({
  machines: api.expectedMachines().map(({ id }) => id),
  vpcs: api.expectedVpcs().map(({ id }) => id),
}));
await step("resuming what was under way", async () => {
  const bootFile = join(stateDir, "boot");
  const boot = (await readTextIfThere("/proc/sys/kernel/random/boot_id")) ?? "";
  const earlier = await readTextIfThere(bootFile);
  await api.resume({ afterHostBoot: earlier !== null && earlier !== boot });
  await writeFileAtomic(bootFile, boot, 0o600);
});
running.push({ name: "the API's work", stop: () => api.stop() });
await step("making credentials", () => ensureCredentials(api));

await step("serving the API", async () => {
  const { certificate: cert, key } = await authority.issue([serviceNames.api]);
  const server = createHttps({ cert, key }, (request, response) => api.handle(request, response));
  // Longer than the plugin waits between two polls, or it would meet a connection that is just being closed.
  server.keepAliveTimeout = 120_000;
  await serve("the API", server, services.api, 443);
});

const publisher = createPublisher({
  stateDir,
  runDir,
  serve: (ports) => askOutside("POST", "/ports", JSON.stringify(ports)),
}, log);
await step("publishing ports", () => publisher.start());
running.push({ name: "published ports", stop: () => publisher.stop() });

hardware = { api, networks, machines, spaces, publisher };
ready = true;
stage = "ready";
log.info("ready", { ms: Date.now() - Date.parse(startedAt) });
