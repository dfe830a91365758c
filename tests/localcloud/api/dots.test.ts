import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { defaultCatalog } from "../../../localcloud/api/catalog.ts";
import { systemClock } from "../../../localcloud/api/clock.ts";
import { createApi } from "../../../localcloud/api/api.ts";
import { memoryStore } from "../../../localcloud/api/state/store.ts";
import { createServer } from "node:http";
import { listen, PaperDatacenter } from "./support.ts";

test("DigitalOcean's own client goes through a whole life cycle", async () => {
  const datacenter = new PaperDatacenter();
  const api = createApi({ datacenter, store: memoryStore(), log: () => undefined, clock: systemClock, settings: { actionSeconds: 0.02 } });
  const server = createServer((request, response) => api.handle(request, response));
  try {
    const url = await listen(server);
    const env = { PATH: process.env["PATH"], DIGITALOCEAN_URL: url, DIGITALOCEAN_TOKEN: await api.createToken("dots", ["*"]) };
    const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, "dotsClient.mjs")], { env, timeout: 60_000 });
    expect(JSON.parse(stdout)).toEqual({
      dropletLimit: 100,
      image: "Debian",
      sizes: defaultCatalog.sizes.length,
      key: true,
      vpc: "10.10.0.0/20",
      firewall: ["443"],
      first: "new",
      networks: ["public 198.18.1.1", "private 10.10.0.2"],
      guarded: ["lb"],
      tagged: 1,
      move: "completed",
      holder: "lb-1",
      off: "completed",
      secret: true,
      gone: 404,
      left: [0, 0, 0, 0, 0],
    });
    await api.idle();
    expect(datacenter.racked.size).toBe(0);
  } finally {
    await api.stop();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}, 70_000);
