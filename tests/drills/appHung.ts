import { appLossDrill } from "./appLoss.ts";
import { onOk } from "./cloud.ts";

const signal = async (machine: string, name: "STOP" | "CONT"): Promise<void> => {
  await onOk(machine, ["systemctl", "kill", "--kill-whom=all", `--signal=${name}`, "quickcart-app@blue.service", "quickcart-app@green.service"]);
};

export const appHung = appLossDrill("app-hung", "an app that hangs", {
  what: "SIGSTOP of the app",
  strike: async (machine) => signal(machine, "STOP"),
  mend: async (machine) => signal(machine, "CONT"),
  loses: false,
});
