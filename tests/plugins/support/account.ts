import { createServer } from "node:http";
import { createApi } from "../../../localcloud/api/api.ts";
import { memoryStore } from "../../../localcloud/api/state/store.ts";
import { listen, type Listening } from "./listen.ts";

/** The local cloud's own API over a datacenter of air: droplets are there at once, and nothing boots. */
export interface Account extends Listening {
  endpoint: string;
  token: string;
  requests: string[];
  /** Names of what is left, e.g. `droplet bastion-1`. */
  contents(): string[];
}

/** @param boots whether a machine of this name gets up */
export async function startAccount(boots: (name: string) => boolean = () => true): Promise<Account> {
  const nothing = async (): Promise<void> => undefined;
  const running = new Set<number>();
  const api = createApi({
    store: memoryStore(),
    log: () => undefined,
    settings: { requestsPerMinute: 10_000 },
    datacenter: {
      networks: { addVpc: nothing, removeVpc: nothing, applyFirewalls: nothing, assignReservedAddress: nothing },
      storage: { setKeys: nothing },
      machines: {
        create: async ({ id, name }) => {
          if (!boots(name)) throw new Error("no init");
          running.add(id);
        },
        destroy: async (id) => { running.delete(id); },
        power: async (id, change) => { if (change === "on" || change === "reboot") running.add(id); else running.delete(id); },
        onPoweredOff: () => undefined,
        resize: nothing,
        isRunning: (id) => running.has(id),
      },
    },
  });
  const requests: string[] = [];
  const listening = await listen(createServer((request, response) => {
    requests.push(`${request.method ?? ""} ${request.url ?? ""}`);
    api.handle(request, response);
  }));
  return {
    port: listening.port,
    endpoint: `http://127.0.0.1:${listening.port}`,
    token: await api.createToken("tests", ["*"]),
    requests,
    contents: () => {
      const { state } = api.cloud;
      return [
        ...state.droplets.map(({ name }) => `droplet ${name}`),
        ...state.firewalls.map(({ name }) => `firewall ${name}`),
        ...state.vpcs.map(({ name }) => `vpc ${name}`),
        ...state.keys.map(({ name }) => `ssh key ${name}`),
        ...state.tags.map((tag) => `tag ${tag}`),
        ...state.reservedIps.map(({ address }) => `reserved ip ${address}`),
        ...state.spacesKeys.map(({ name }) => `spaces key ${name}`),
      ];
    },
    close: async () => {
      await listening.close();
      await api.stop();
    },
  };
}
