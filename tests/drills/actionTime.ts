import { tell } from "../../localcloud/client.ts";
import type { DrillContext } from "./drill.ts";

/** How long the cloud's actions take until the drill is over. */
export async function actionsTake(seconds: number, { restore }: Pick<DrillContext, "restore">): Promise<void> {
  const { actionSeconds } = await tell("status", {});
  restore("the time that actions take", async () => { await tell("actionTime", { seconds: actionSeconds }); });
  await tell("actionTime", { seconds });
}
