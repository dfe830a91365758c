import { type Api } from "./api/api.ts";
import { type Droplet } from "./api/state/schema.ts";
import { findToken } from "./api/tokens.ts";
import { type Handlers } from "./control.ts";
import { credentialsFile } from "./credentials.ts";
import { type Networks } from "./datacenter.ts";
import { type LocalMachines } from "./machines/localMachines.ts";
import { type MachineStatus, type Status } from "./operations.ts";
import { type Publisher } from "./publish/publisher.ts";
import { type Spaces } from "./spaces/spaces.ts";

export interface Hardware {
  api: Api;
  networks: Networks;
  machines: LocalMachines;
  spaces: Spaces;
  publisher: Publisher;
}

/** By name or id, of those that the API still shows. */
export function findDroplet(api: Pick<Api, "cloud">, wanted: string): Droplet {
  const living = api.cloud.state.droplets.filter((droplet) => droplet.deletedAt === null);
  const byName = living.filter((droplet) => droplet.name === wanted);
  if (byName.length > 1) {
    throw new Error(`"${wanted}" is the name of ${byName.length} droplets; say which by its id: ${byName.map(({ id }) => id).join(", ")}`);
  }
  const found = byName[0] ?? living.find((droplet) => String(droplet.id) === wanted);
  if (found === undefined) {
    const names = living.map(({ name, id }) => `${name} (${id})`).join(", ");
    throw new Error(`there is no droplet "${wanted}"; there ${living.length === 1 ? "is" : "are"} ${names === "" ? "none at all" : names}`);
  }
  return found;
}

export function createHandlers(hardware: Hardware, setImage: (kind: Status["image"]) => void, stop: () => void): Omit<Handlers, "status"> {
  const { api, networks, machines, spaces, publisher } = hardware;
  const idOf = (name: string): number => findDroplet(api, name).id;
  return {
    stop() {
      stop();
      return {};
    },
    locate({ machine }) {
      const droplet = findDroplet(api, machine);
      return {
        id: droplet.id,
        name: droplet.name,
        leader: machines.leaderPid(droplet.id),
        public: droplet.publicNic?.address ?? null,
        private: droplet.privateNic.address,
      };
    },
    async power({ machine, change }) {
      await machines.power(idOf(machine), change);
      return {};
    },
    async freeze({ machine, frozen }) {
      await machines.freeze(idOf(machine), frozen);
      return {};
    },
    async stall({ machine, milliseconds }) {
      return { milliseconds: await machines.stall(idOf(machine), milliseconds) };
    },
    async fill({ machine, full }) {
      await machines.fillDisk(idOf(machine), full);
      return {};
    },
    async console({ machine, bytes }) {
      return { text: await machines.console(idOf(machine), bytes) };
    },
    async partition({ from, to, only }) {
      await networks.partition(idOf(from), to === null ? null : idOf(to), only ?? undefined);
      return {};
    },
    async heal({ machine }) {
      await (machine === null ? networks.heal() : networks.heal(idOf(machine)));
      return {};
    },
    async lose({ machine, percent }) {
      await networks.lose(idOf(machine), percent);
      return {};
    },
    apiFault(fault) {
      api.faults.set(fault);
      return {};
    },
    apiHeal() {
      api.faults.clear();
      return {};
    },
    actionTime({ seconds }) {
      api.settings.actionSeconds = seconds;
      return {};
    },
    async storageFault({ fault }) {
      await spaces.setFault(fault);
      return {};
    },
    image({ kind }) {
      machines.useImage(kind);
      setImage(kind);
      return {};
    },
    async token({ name, scopes }) {
      return { token: await api.createToken(name, scopes) };
    },
    tokenScopes({ token }) {
      return { scopes: findToken(api.cloud.state, `Bearer ${token}`)?.scopes ?? null };
    },
    async spacesKey({ name, grants }) {
      const { accessKey, secretKey } = await api.createSpacesKey(name, grants);
      return { accessKey, secretKey };
    },
    async publish(publication) {
      await publisher.publish(publication);
      return {};
    },
    async unpublish({ port }) {
      return { was: await publisher.unpublish(port) };
    },
  };
}

export async function describeMachines({ api, machines }: Pick<Hardware, "api" | "machines">): Promise<MachineStatus[]> {
  const living = api.cloud.state.droplets.filter((droplet) => droplet.deletedAt === null);
  return Promise.all(living.map(async (droplet) => ({
    id: droplet.id,
    name: droplet.name,
    status: droplet.status,
    running: machines.isRunning(droplet.id),
    public: droplet.publicNic?.address ?? null,
    private: droplet.privateNic.address,
    memory: await machines.memory(droplet.id),
  })));
}

export function describeCloud(hardware: Hardware, image: Status["image"]): Pick<Status, "faults" | "actionSeconds" | "image" | "published" | "credentials"> {
  const { api, spaces, publisher } = hardware;
  return {
    faults: { api: api.faults.list(), storage: spaces.fault },
    actionSeconds: api.settings.actionSeconds,
    image,
    published: publisher.list(),
    credentials: credentialsFile,
  };
}
