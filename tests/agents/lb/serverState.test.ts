import { isLeaving } from "../../../agents/lb/selfState.ts";
import { parseConnections, parseServersState } from "../../../agents/lb/serverState.ts";

/** As HAProxy 3.0.11 prints it. */
const head = "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change "
  + "srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port "
  + "srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port\n";
const row = (op: number, admin: number, result: number, checkState: number): string =>
  `${head}4 app 1 app-1:127.0.0.1:blue 127.0.0.1 ${op} ${admin} 1 1 1 15 ${result} 3 ${checkState} 0 0 0 - 3001 - 0 0 - - 0\n`;

test.each([
  ["just added", row(0, 1, 0, 2), { admin: "maint", health: "down", checked: false, watched: false }],
  ["in drain, before its first check", row(2, 8, 0, 6), { admin: "drain", health: "up", checked: false, watched: true }],
  ["in drain, checked well", row(2, 8, 3, 6), { admin: "drain", health: "up", checked: true, watched: true }],
  ["in drain, checked in vain", row(0, 8, 2, 6), { admin: "drain", health: "down", checked: true, watched: true }],
  ["in service", row(2, 0, 3, 6), { admin: "ready", health: "up", checked: true, watched: true }],
  ["in service, while a check is under way", row(2, 0, 3, 7), { admin: "ready", health: "up", checked: true, watched: true }],
  ["answering 404", row(3, 0, 4, 6), { admin: "ready", health: "stopping", checked: true, watched: true }],
  ["coming up slowly", row(1, 0, 3, 6), { admin: "ready", health: "starting", checked: true, watched: true }],
  ["in drain and in maintenance", row(0, 9, 2, 6), { admin: "maint", health: "down", checked: true, watched: true }],
])("knows a server %s", (_, text, expected) => {
  expect(parseServersState(text)).toEqual([{ backend: "app", name: "app-1:127.0.0.1:blue", address: "127.0.0.1", port: 3001, ...expected }]);
});

test.each(["", "1", "2\n# be_id\n", "Unknown command", row(2, 0, 3, 6).slice(0, -40)])("takes %j for no answer", (text) => {
  expect(() => parseServersState(text)).toThrow(/HAProxy's servers/);
});

test.each([[0, false], [1, true]])("a load balancer whose own server has the state %s is about to leave: %s", (admin, leaving) => {
  expect(isLeaving(`${head}3 self 1 present 127.0.0.1 0 ${admin} 1 1 0 1 0 0 0 0 0 0 - 1 - 0 0 - - 0\n`)).toBe(leaving);
});

test("counts connections", () => {
  expect(parseConnections([
    "# bkname/svname bkid/svid addr port - purge_delay used_cur used_max need_est unsafe_nb safe_nb idle_lim idle_cur idle_per_thr[2]",
    "app/app-1:127.0.0.1:blue 4/1 127.0.0.1 3001 - 5000 3 7 2 0 0 -1 0 0 0",
    "app/app-1:127.0.0.1:green 4/2 127.0.0.1 3002 - 5000 0 1 1 0 0 -1 0 0 0",
  ].join("\n"))).toEqual(new Map([["app-1:127.0.0.1:blue", 3], ["app-1:127.0.0.1:green", 0]]));
  expect(() => parseConnections("No such backend.")).toThrow("not HAProxy's connections");
});
