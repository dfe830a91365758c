import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseConnections, parseServersState, type ServerState } from "../../../agents/lb/serverState.ts";
import { type Command, commandsOf, planServers, type Server, serverLines, type Step } from "../../../agents/lb/servers.ts";
import { paths } from "../../../agents/lb/paths.ts";
import { isLeaving } from "../../../agents/lb/selfState.ts";
import { keysToPush, parseLoadedKeys, ticketKeys, ticketKeysFile } from "../../../agents/lb/ticketKeys.ts";
import { filesOf } from "../../../components/rendering/files.ts";
import { file } from "../../../components/rendering/renderedFile.ts";
import { describeOnDebian, onDebian } from "../../templates/support/debian.ts";
import { rootOf } from "../../templates/support/root.ts";
import { lb } from "../../templates/support/roles.ts";

/** What the agent says to HAProxy, and what it makes of the answers, held to the HAProxy that machines have. */

const blue: Server = { name: "app-1:127.0.0.1:blue", address: "127.0.0.1", port: 3000 };
/** Nobody listens there. */
const green: Server = { name: "app-1:127.0.0.1:green", address: "127.0.0.1", port: 3001 };
const secret = "a-secret-of-the-stack";
const now = Date.parse("2026-11-21T10:00:00Z");

const haproxySupport = readFileSync(join(import.meta.dirname, "../../templates/support/haproxy.sh"), "utf8");

/** Answers /healthz, and takes three seconds for anything else. */
const app = `
import http.server, time
class App(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        if self.path != "/healthz":
            open("/begun", "w").close()
            time.sleep(3)
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("127.0.0.1", 3000), App).serve_forever()
`;

/** Each command with its answer, between lines that mark them. */
const mark = "=====";
const asks = (words: readonly string[]): string => words.map((each) => `ask "${each}"; echo "${mark}"`).join("\n");

/** Answers what each command of the script was answered. */
async function answers(script: string, servers: readonly Server[] = []): Promise<string[]> {
  const root = await rootOf([
    ...filesOf(lb), file("/haproxy.sh", haproxySupport), file("/app.py", app),
    file(paths.serverLines, serverLines(servers)), file(paths.ticketKeys, ticketKeysFile(ticketKeys(secret, now))),
  ]);
  // The app first: HAProxy's first check would find nobody, and take it for down.
  const said = onDebian(root, [
    ". /haproxy.sh",
    "python3 /app.py 2> /dev/null &",
    "until_true 20 curl --silent --fail http://127.0.0.1:3000/healthz",
    "start",
    script,
  ].join("\n"));
  return said.split(`${mark}\n`).map((text) => text.trim());
}

const words = (...steps: Step[]): Command[] => steps.flatMap(commandsOf);
const plan = (wanted: Server[], text: string, connections = ""): string[] => planServers({
  wanted, actual: states(text), connections: connections === "" ? new Map() : parseConnections(connections), leftAt: new Map(), now: 0,
}).map((step) => `${step.act} ${step.server.name}`);
const states = (text: string): ServerState[] => parseServersState(text).filter((server) => server.backend === "app");

// A busy machine starts Python slowly, and there is one for each command.
jest.setTimeout(60_000);

describeOnDebian("the agent's words to HAProxy", () => {
  test("a new server is checked in drain, gets in by its check, finishes what it has, and goes", async () => {
    const adding = words({ act: "add", server: blue }, { act: "add", server: green });
    const letting = words({ act: "ready", server: blue }, { act: "ready", server: green });
    const draining = words({ act: "drain", server: blue, why: "" });
    const removing = words({ act: "remove", server: blue });
    const said = await answers([
      // At once: its checks begin within half a second.
      asks([[...adding.map((command) => command.words), "show servers state"].join(";")]),
      // The first checks come to their end: result 3 for the good one, 2 for the other.
      `state() { ask "show servers state app" | awk '$4 == "'$1'" { print $12 }'; }`,
      `checked() { [[ $(state ${blue.name}) == 3 && $(state ${green.name}) == 2 ]]; }`,
      "until_true 10 checked",
      asks(["show servers state", ...letting.map((command) => command.words), "show servers state"]),
      "curl --silent --insecure --output /dev/null --write-out '%{http_code}' https://127.0.0.1/slow > /status &",
      "until_true 10 test -e /begun",
      asks([...draining.map((command) => command.words), "show servers state", "show servers conn app"]),
      "until_true 10 grep -q . /status",
      `cat /status; echo "${mark}"`,
      asks(["show servers conn app", ...removing.map((command) => command.words), "show servers state"]),
    ].join("\n"));
    const take = (count: number): string[] => said.splice(0, count);
    const expectations = (commands: Command[]): string[] => commands.map((command) => command.expected);
    const [added = "", afterChecks = ""] = take(2);
    const [refusals = "", fresh = ""] = added.split(/^(?=1\n# be_id)/m);
    expect(refusals.split("\n").filter((line) => line !== "")).toEqual(expectations(adding).filter((line) => line !== ""));
    expect(states(fresh)).toMatchObject([
      { name: blue.name, admin: "drain", health: "up", checked: false, watched: true },
      { name: green.name, admin: "drain", health: "up", checked: false, watched: true },
    ]);
    expect(plan([blue, green], fresh)).toEqual([]);
    expect(states(afterChecks).map((server) => server.health)).toEqual(["up", "down"]);
    expect(plan([blue, green], afterChecks)).toEqual([`ready ${blue.name}`, `ready ${green.name}`]);
    expect(take(letting.length)).toEqual(expectations(letting));
    const [serving = ""] = take(1);
    expect(states(serving).map(({ admin, health }) => `${admin} ${health}`)).toEqual(["ready up", "ready down"]);
    expect(plan([blue, green], serving)).toEqual([]);
    expect(take(draining.length)).toEqual(expectations(draining));
    const [drained = "", busy = "", status = "", idle = ""] = take(4);
    expect(plan([green], drained, busy)).toEqual([]);
    expect(status).toBe("200");
    expect(plan([green], drained, idle)).toEqual([`remove ${blue.name}`]);
    expect(take(removing.length)).toEqual(expectations(removing));
    expect(states(said[0] ?? "").map((server) => server.name)).toEqual([green.name]);
  });

  test("what it wrote down is what HAProxy starts with: a slot without an app gets nothing, not even at first", async () => {
    const said = await answers([
      `down() { ask "show servers state app" | grep -q "${green.name} 127.0.0.1 0 "; }`,
      "until_true 10 down",
      `ask "set server self/present state maint"`,
      `ask "show servers state" > ${paths.serversState}`,
      "kill $(cat /run/haproxy.pid); wait %2 || true",
      "start",
      asks(["show servers state"]),
    ].join("\n"), [blue, green]);
    const text = said[0]?.slice(said[0].indexOf("1\n#")) ?? "";
    expect(states(text).map(({ name, admin, health, watched }) => [name, admin, health, watched])).toEqual([
      [blue.name, "ready", "up", true], [green.name, "ready", "down", true],
    ]);
    expect(plan([blue, green], text)).toEqual([]);
    expect(isLeaving(text)).toBe(true);
  });

  test("keys of session tickets: read, and pushed in their order", async () => {
    const later = now + 24 * 3_600_000;
    const pushed = keysToPush(ticketKeys(secret, later), ticketKeys(secret, now));
    const said = await answers(asks(["show tls-keys *", ...pushed.map((key) => `set ssl tls-key ${paths.ticketKeys} ${key}`), "show tls-keys *"]));
    expect(parseLoadedKeys(said[0] ?? "", paths.ticketKeys)).toEqual(ticketKeys(secret, now));
    expect(said.slice(1, -2)).toEqual(pushed.map(() => "TLS ticket key updated!"));
    expect(parseLoadedKeys(said.at(-2) ?? "", paths.ticketKeys)).toEqual(ticketKeys(secret, later));
  });
});
