import { loseAppServer } from "./appLoss.ts";
import { onOk } from "./cloud.ts";
import type { Drill } from "./drill.ts";

const signal = async (machine: string, name: "STOP" | "CONT"): Promise<void> => {
  await onOk(machine, ["systemctl", "kill", "--kill-whom=all", `--signal=${name}`, "quickcart-app@blue.service", "quickcart-app@green.service"]);
};

export const appHung: Drill = {
  name: "app-hung",
  promise: "an app that hangs is out of both pools within 2 s; no GET fails that was not with it, and no order runs twice, also when it goes on",
  minutes: 3,
  suite: "ci",
  where: "cloud",
  app: "visitors",
  sabotage: "the load balancers do not look at its health, and their agents, which would mend that, are stopped",
  async run(context) {
    await loseAppServer(context, {
      what: "SIGSTOP of the app",
      strike: async (machine) => signal(machine, "STOP"),
      mend: async (machine) => signal(machine, "CONT"),
      loses: false,
    });
  },
};
