import { Resolver } from "node:dns/promises";
import { connect, isIP } from "node:net";

export interface Target {
  host: string;
  port: number;
}

const timeoutMs = 500;
const addressLifetimeMs = 60_000;

/** Reaches for one target after the other by TCP: the second is only bothered when the first is silent. */
export class OutsideProbe {
  private readonly known = new Map<string, { address: string; until: number }>();
  private readonly targets: readonly Target[];

  constructor(targets: readonly Target[]) {
    this.targets = targets;
  }

  async reaches(): Promise<boolean> {
    for (const target of this.targets) {
      const address = await this.addressOf(target.host);
      if (address !== null && await accepts(address, target.port)) return true;
    }
    return false;
  }

  /** The last known one at once: where DNS is away too, waiting for it would delay the verdict. */
  private async addressOf(host: string): Promise<string | null> {
    if (isIP(host) !== 0) return host;
    const known = this.known.get(host);
    if (known === undefined) return await this.resolve(host);
    if (known.until < Date.now()) void this.resolve(host);
    return known.address;
  }

  private async resolve(host: string): Promise<string | null> {
    // A new one each time: it reads resolv.conf when it is made, and the network may have brought other name servers since.
    const resolver = new Resolver({ timeout: timeoutMs, tries: 1 });
    const [address] = await resolver.resolve4(host).catch(() => []);
    if (address === undefined) return null;
    this.known.set(host, { address, until: Date.now() + addressLifetimeMs });
    return address;
  }
}

/** A refused connection is an answer too. */
function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const settle = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.once("connect", () => settle(true));
    socket.once("timeout", () => settle(false));
    socket.once("error", (error: NodeJS.ErrnoException) => settle(error.code === "ECONNREFUSED"));
  });
}
