import { tell } from "../../localcloud/client.ts";
import { appLossDrill } from "./appLoss.ts";

export const appPower = appLossDrill("app-power", "an app server that loses power", {
  what: "power loss",
  strike: async (machine) => { await tell("power", { machine, change: "loss" }); },
  mend: async (machine) => { await tell("power", { machine, change: "on" }); },
  loses: true,
});
