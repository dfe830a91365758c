import type { IncomingMessage, ServerResponse } from "node:http";
import { messageOf } from "../files.ts";
import type { Datacenter, MachineSpec, Vpc } from "../datacenter.ts";
import { Actions } from "./actions.ts";
import { defaultCatalog, type Catalog } from "./catalog.ts";
import { systemClock, type Clock } from "./clock.ts";
import type { Cloud } from "./cloud.ts";
import { coalesce, serial } from "./coalesce.ts";
import { DropletLife } from "./dropletLife.ts";
import { performAction } from "./effects.ts";
import { resolveFirewalls } from "./firewallRules.ts";
import { Faults } from "./http/faults.ts";
import type { Route } from "./http/route.ts";
import { Router } from "./http/router.ts";
import { createHandler } from "./http/server.ts";
import type { Log } from "./log.ts";
import { liveDroplets, machineSpec } from "./machineSpec.ts";
import { accountRoutes } from "./routes/account.ts";
import { actionRoutes } from "./routes/actions.ts";
import { catalogRoutes } from "./routes/catalog.ts";
import { dropletRoutes } from "./routes/droplets.ts";
import { firewallRoutes } from "./routes/firewalls.ts";
import { reservedIpRoutes } from "./routes/reservedIps.ts";
import { applySpacesKeys, createSpacesKey, spacesKeyRoutes } from "./routes/spacesKeys.ts";
import { sshKeyRoutes } from "./routes/sshKeys.ts";
import { tagRoutes } from "./routes/tags.ts";
import { vpcRoutes } from "./routes/vpcs.ts";
import { defaultSettings, type Settings } from "./settings.ts";
import type { Droplet, SpacesKey } from "./state/schema.ts";
import type { Store } from "./state/store.ts";
import { checkScopes, newToken, tokenHash } from "./tokens.ts";

export interface ApiOptions {
  datacenter: Datacenter;
  store: Store;
  log: Log;
  clock?: Clock;
  catalog?: Catalog;
  settings?: Partial<Settings>;
}

export interface Api {
  /** A request listener; never throws, never leaves a request unanswered (unless a fault says so). */
  handle(request: IncomingMessage, response: ServerResponse): void;
  readonly faults: Faults;
  /** May be changed at any time. */
  readonly settings: Settings;
  readonly cloud: Cloud;
  /** A token's text is known only now; one of the same name is replaced. `["*"]` allows everything. Throws for unknown scopes. */
  createToken(name: string, scopes: string[]): Promise<string>;
  /** What is served, for those who want to compare it with something. */
  readonly routes: Pick<Route, "method" | "path" | "scopes">[];
  /** All scopes that `createToken` knows. */
  readonly scopes: string[];
  createSpacesKey(name: string, grants: SpacesKey["grants"]): Promise<SpacesKey>;
  /** VPCs that should have their cables: after a restart, before any machine is adopted. */
  expectedVpcs(): Vpc[];
  /** Machines that should exist: what is half built, could not be built or is half gone is not among them, `resume` deals with it. */
  expectedMachines(): MachineSpec[];
  /** Which droplet an address belongs to: public, private or anchor. */
  dropletAt(address: string): Droplet | null;
  /** VPCs and firewalls, before machines are adopted. */
  restoreNetworks(): Promise<void>;
  /** Keys of the object storage, reserved addresses, and everything that was under way; after machines were adopted. */
  resume(options?: { afterHostBoot?: boolean }): Promise<void>;
  /** Resolves once no machine is being built or destroyed. */
  idle(): Promise<void>;
  /** Cuts hanging requests, stops all timers, writes the state. */
  stop(): Promise<void>;
}

/** Paths of DigitalOcean's API that a parameter of a served path would swallow. */
const unserved = ["/v2/droplets/actions", "/v2/droplets/autoscale", "/v2/droplets/backups"];

export function createApi(options: ApiOptions): Api {
  const { datacenter, store, log } = options;
  const clock = options.clock ?? systemClock;
  const catalog = options.catalog ?? defaultCatalog;
  const settings: Settings = { ...defaultSettings, ...options.settings };
  const { state } = store;
  const save = (): Promise<void> => store.save();
  const life = new DropletLife(() => cloud);
  const cloud: Cloud = {
    state,
    catalog,
    settings,
    clock,
    datacenter,
    log,
    save,
    actions: new Actions({ state, clock, settings, log, save, effect: (action) => performAction(cloud, action) }),
    droplets: life,
    applyFirewalls: coalesce(() => datacenter.networks.applyFirewalls(resolveFirewalls(state))),
    changeVpcs: serial(),
  };
  datacenter.machines.onPoweredOff(async (id) => {
    const droplet = liveDroplets(state).find((candidate) => candidate.id === id);
    if (droplet?.status !== "active") return;
    droplet.status = "off";
    await save();
  });
  const routes = [
    accountRoutes, sshKeyRoutes, tagRoutes, catalogRoutes, vpcRoutes, actionRoutes, dropletRoutes, firewallRoutes, reservedIpRoutes,
    spacesKeyRoutes,
  ].flatMap((make) => make(cloud));
  const scopes = [...new Set(routes.flatMap((each) => each.scopes))].sort();
  const faults = new Faults(clock);
  const handle = createHandler({ state, settings, clock, log, faults, save, router: new Router(routes, unserved) });

  return {
    handle(request, response) {
      handle(request, response).catch((error: unknown) => {
        log({ level: "error", message: `A request could not be answered: ${messageOf(error)}` });
        response.destroy();
      });
    },
    faults,
    settings,
    cloud,
    routes,
    scopes,
    async createToken(name, wanted) {
      checkScopes(wanted, scopes);
      const token = newToken();
      state.tokens = state.tokens.filter((other) => other.name !== name);
      state.tokens.push({ name, hash: tokenHash(token), scopes: wanted, createdAt: clock.now() });
      await save();
      return token;
    },
    async createSpacesKey(name, grants) {
      const key = await createSpacesKey(cloud, { name, grants });
      await save();
      return key;
    },
    expectedVpcs: () => state.vpcs.map((vpc) => ({ id: vpc.id, cidr: vpc.range })),
    expectedMachines: () => built(cloud).map((droplet) => machineSpec(state, catalog, droplet)),
    dropletAt: (address) => state.droplets.find((droplet) => droplet.privateNic.address === address
      || droplet.publicNic?.address === address || droplet.publicNic?.anchorAddress === address) ?? null,
    async restoreNetworks() {
      for (const vpc of state.vpcs) await datacenter.networks.addVpc({ id: vpc.id, cidr: vpc.range });
      await cloud.applyFirewalls();
    },
    async resume({ afterHostBoot = false } = {}) {
      await applySpacesKeys(cloud);
      if (afterHostBoot) await powerOnAgain(cloud);
      for (const reserved of state.reservedIps) {
        await datacenter.networks.assignReservedAddress(reserved.address, reserved.dropletId);
      }
      cloud.actions.resume();
      life.resume();
    },
    idle: () => life.idle(),
    async stop() {
      faults.clear();
      life.stop();
      await cloud.actions.stop();
      await save();
    },
  };
}

function built(cloud: Cloud): Droplet[] {
  return liveDroplets(cloud.state).filter((droplet) => droplet.built);
}

/** The host went down and took every machine with it: those that were on come back. */
async function powerOnAgain(cloud: Cloud): Promise<void> {
  const { machines } = cloud.datacenter;
  const off = built(cloud).filter((droplet) => droplet.status === "active" && !machines.isRunning(droplet.id));
  await Promise.all(off.map(async (droplet) => {
    try {
      await machines.power(droplet.id, "on");
    } catch (error) {
      cloud.log({ level: "error", message: `Droplet ${droplet.name} did not come back: ${messageOf(error)}`, droplet: droplet.id });
    }
  }));
}
