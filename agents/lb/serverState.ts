/** What `show servers state` prints: https://docs.haproxy.org/3.0/management.html#9.3-show%20servers%20state */

export interface ServerState {
  backend: string;
  name: string;
  address: string;
  port: number;
  /** What the agent or an operator wants of it. */
  admin: "ready" | "drain" | "maint";
  /** What its health checks say; `stopping`: up, and takes nothing new because its check answers 404. */
  health: "up" | "starting" | "stopping" | "down";
  /** At least one check has come to an end since it was added. */
  checked: boolean;
  /** Its checks run. */
  watched: boolean;
}

/** Bits of srv_admin_state that make maintenance and drain, whoever asked for them. */
const maintenance = 0x01 | 0x02 | 0x04 | 0x20 | 0x40;
const drain = 0x08 | 0x10;
/** srv_check_state: the checks are enabled. */
const enabled = 0x04;

const healths = ["down", "starting", "up", "stopping"] as const satisfies readonly ServerState["health"][];

/** Throws when that is not such a table, such as one that was cut short. */
export function parseServersState(text: string): ServerState[] {
  const [version, head, ...rows] = text.split("\n");
  if (version?.trim() !== "1" || head?.startsWith("# ") !== true) throw new Error(`not HAProxy's servers: ${text.slice(0, 80)}`);
  const names = head.slice(2).trim().split(" ");
  return rows.filter((row) => row.trim() !== "").map((row) => {
    const words = row.trim().split(" ");
    const field = (name: string): string => {
      const value = words[names.indexOf(name)];
      if (value === undefined) throw new Error(`HAProxy's servers: ${name} is missing in: ${row}`);
      return value;
    };
    const number = (name: string): number => {
      const value = Number(field(name));
      if (!Number.isInteger(value)) throw new Error(`HAProxy's servers: ${name} is no number in: ${row}`);
      return value;
    };
    const admin = number("srv_admin_state");
    return {
      backend: field("be_name"),
      name: field("srv_name"),
      address: field("srv_addr"),
      port: number("srv_port"),
      admin: (admin & maintenance) !== 0 ? "maint" : (admin & drain) !== 0 ? "drain" : "ready",
      health: healths[number("srv_op_state")] ?? "down",
      checked: number("srv_check_result") !== 0,
      watched: (number("srv_check_state") & enabled) !== 0,
    };
  });
}

/** Connections in use of each server, by name, from what `show servers conn BACKEND` prints. */
export function parseConnections(text: string): Map<string, number> {
  const [head, ...rows] = text.split("\n");
  const names = head?.replace(/^# /, "").split(" ") ?? [];
  const at = { name: names.indexOf("bkname/svname"), used: names.indexOf("used_cur") };
  if (at.name === -1 || at.used === -1) throw new Error(`not HAProxy's connections: ${text.slice(0, 80)}`);
  return new Map(rows.filter((row) => row.trim() !== "").map((row) => {
    const words = row.trim().split(" ");
    const name = words[at.name] ?? "";
    return [name.slice(name.indexOf("/") + 1), Number(words[at.used])];
  }));
}
