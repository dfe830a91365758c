import { onOk } from "./cloud.ts";
import type { Drill, DrillContext } from "./drill.ts";
import { bothServe, reportVisitors, scene, type Scene, stopAgents } from "./loadBalancers.ts";
import { moves, movesSince } from "./site.ts";

const signal = (name: "KILL" | "STOP" | "CONT"): string => `systemctl kill --kill-whom=all --signal=${name} haproxy.service`;

interface Break {
  what: string;
  /** Shell, on the load balancer that holds the address. */
  command: string;
  maxSeconds: number;
}

/** Does something to the holder's HAProxy, and waits until nobody notices any more. */
async function breakHaproxy({ site, visitors }: Scene, { figure, say }: DrillContext, { what, command, maxSeconds }: Break): Promise<void> {
  const carrier = await bothServe(site);
  const before = await moves(site);
  say(`${what} on ${carrier}`);
  const broken = visitors.mark();
  await onOk(carrier, ["sh", "-ec", command]);
  await visitors.answering({ since: broken, limitMs: 20_000 });
  figure(`${what}: worst client gap`, visitors.worstGapMs("probe", broken) / 1000, "s", { max: maxSeconds });
  figure(`${what}: moves of the address`, await movesSince(site, before), "count", { max: 1 });
}

export const lbHaproxyKilled: Drill = {
  name: "lb-haproxy-killed",
  promise: "HAProxy killed is back within 0.5 s; where it stays down, the other load balancer serves within 1.5 s",
  minutes: 1,
  suite: "ci",
  where: "cloud",
  app: "visitors",
  sabotage: "the load balancers' agents are stopped: nobody notices that HAProxy is down",
  async run(context) {
    const stage = await scene(context);
    const { site, visitors } = stage;
    if (context.sabotage) await stopAgents(context);
    await breakHaproxy(stage, context, { what: "HAProxy killed", command: signal("KILL"), maxSeconds: 0.5 });
    const carrier = await bothServe(site);
    const mend = async (): Promise<void> => {
      await onOk(carrier, ["sh", "-ec", "systemctl unmask --runtime haproxy; systemctl reset-failed haproxy; systemctl start haproxy"]);
    };
    context.restore(`${carrier}'s HAProxy`, mend);
    // Masked, it is not started again by whoever would.
    await breakHaproxy(stage, context, { what: "HAProxy killed for good", command: `systemctl mask --runtime --quiet haproxy; ${signal("KILL")}`, maxSeconds: 1.5 });
    await mend();
    await bothServe(site);
    await reportVisitors(context, visitors);
  },
};

export const lbHung: Drill = {
  name: "lb-hung",
  promise: "when HAProxy hangs on the load balancer that holds the address, the other one serves within 3 s",
  minutes: 2,
  suite: "nightly",
  where: "cloud",
  app: "visitors",
  sabotage: "the load balancers' agents are stopped: nobody notices that HAProxy hangs",
  async run(context) {
    const stage = await scene(context);
    const { site, visitors, carrier } = stage;
    if (context.sabotage) await stopAgents(context);
    const goOn = async (): Promise<void> => { await onOk(carrier, ["sh", "-ec", signal("CONT")]); };
    context.restore(`${carrier}'s HAProxy`, goOn);
    await breakHaproxy(stage, context, { what: "HAProxy hung", command: signal("STOP"), maxSeconds: 3 });
    await goOn();
    await bothServe(site);
    await reportVisitors(context, visitors);
  },
};
