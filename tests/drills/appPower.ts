import { tell } from "../../localcloud/client.ts";
import { loseAppServer } from "./appLoss.ts";
import type { Drill } from "./drill.ts";

export const appPower: Drill = {
  name: "app-power",
  promise: "an app server that loses power is out of both pools within 2 s; no GET fails that was not with it, and no order runs twice",
  minutes: 3,
  suite: "ci",
  where: "cloud",
  app: "visitors",
  sabotage: "the load balancers do not look at its health, and their agents, which would mend that, are stopped",
  async run(context) {
    await loseAppServer(context, {
      what: "power loss",
      strike: async (machine) => { await tell("power", { machine, change: "loss" }); },
      mend: async (machine) => { await tell("power", { machine, change: "on" }); },
      loses: true,
    });
  },
};
