import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { presencePath } from "../../agents/lb/peering.ts";
import { filesOf } from "../../components/rendering/files.ts";
import { file, type RenderedFile } from "../../components/rendering/renderedFile.ts";
import { describeOnDebian, onDebian } from "./support/debian.ts";
import { rootOf } from "./support/root.ts";
import { lb } from "./support/roles.ts";

const support = (name: string): RenderedFile => file(`/${name}`, readFileSync(join(import.meta.dirname, "support", name), "utf8"));

/** Python's own server knows no HTTP/1.1 keep-alive; this one answers what the request's path asks for. */
const appServer = file("/app.py", `
import http.server, json, sys
class App(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        status = int(open("/status").read()) if self.path == "/healthz" else 200
        body = json.dumps({"me": sys.argv[1], "headers": dict(self.headers.items())}).encode()
        if self.path != "/healthz":
            open("/seen", "a").write(f"{self.command} {self.path} {sys.argv[1]}\\n")
        if self.path == "/breaks" and sys.argv[1] == "bad":
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_POST = do_GET
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), App).serve_forever()
`);

const check = "check inter 200ms fastinter 100ms rise 1 fall 1";

async function onLb(servers: string | null, command: string): Promise<string> {
  const files = [...filesOf(lb), support("haproxy.sh"), support("nasty.py"), appServer, file("/status", "200"), file("/seen", "")];
  if (servers !== null) files.push(file("/var/lib/quickcart/lb/servers.cfg", servers));
  return onDebian(await rootOf(files), `. /haproxy.sh\n${command}`);
}

const line = z.strictObject({
  time: z.number(), client: z.literal("127.0.0.1"), request: z.string().min(6), method: z.string(), path: z.string(), status: z.number(), bytes: z.number(),
  server: z.string(), queue: z.number(), connect: z.number(), answer: z.number(), total: z.number(), end: z.string(), retries: z.string(),
  tls: z.string(), agent: z.string(),
});
const failed = z.strictObject({ time: z.number(), client: z.literal("127.0.0.1"), error: z.string() });

describeOnDebian("a load balancer's HAProxy", () => {
  test("logs every request as one line of JSON, whatever a client sends", async () => {
    const said = await onLb(null, `start
      python3 /nasty.py > /statuses
      until_true 10 grep -q error /var/log/haproxy/access.log
      cat /statuses; echo --; cat /var/log/haproxy/access.log; echo --; cat /haproxy.err`);
    const [statuses = "", log = "", journal = ""] = said.split("--\n");
    expect(statuses.trim().split("\n")).toEqual(["503", "503", "503", "503", "400", "503", "503", "400"]);
    const lines = log.trim().split("\n").map((text) => z.union([line, failed]).parse(JSON.parse(text)));
    expect(lines).toHaveLength(9);
    expect(lines[0]).toMatchObject({ method: "GET", path: "/plain", status: 503, server: "<NOSRV>", tls: "TLSv1.3", agent: "curl/8" });
    expect(lines[1]).toMatchObject({ path: "/a#22b\\c", agent: expect.stringContaining('q"b\\s\tt') as string });
    expect(lines[6]).toMatchObject({ request: "mine-1" });
    expect(log).not.toContain("hush");
    expect(journal).not.toContain("GET");
  });

  test("answers by itself, as the app would, where no server does", async () => {
    const said = await onLb(null, `start
      curl --silent --insecure --include --http1.1 https://127.0.0.1/
      echo; echo --
      curl --silent --include "http://127.0.0.1/path?query=1"
      echo --
      curl --silent --output /dev/null --write-out "%{http_code} " http://127.0.0.1${presencePath}
      ask "set server self/present state maint"
      curl --silent --output /dev/null --write-out "%{http_code} " http://127.0.0.1${presencePath}
      curl --silent http://127.0.0.1:8404/metrics | grep -c "^haproxy_process_nbthread"`);
    const [site = "", redirect = "", rest = ""] = said.split("--\n");
    expect(site).toMatch(/^HTTP\/1\.1 503 /);
    expect(site).toMatch(/^content-type: application\/problem\+json\r$/m);
    expect(site).toMatch(/^retry-after: 1\r$/m);
    expect(site).toMatch(/^strict-transport-security: max-age=31536000\r$/m);
    expect(site).toMatch(/^x-request-id: [0-9a-f-]{36}\r$/m);
    expect(JSON.parse(site.slice(site.indexOf("{")))).toMatchObject({ status: 503, title: "Service Unavailable" });
    expect(redirect).toMatch(/^HTTP\/1\.1 308 /);
    expect(redirect).toMatch(/^location: https:\/\/www\.example\.com\/path\?query=1\r$/m);
    expect(rest.replaceAll(/\s+/g, " ").trim()).toBe("200 503 1");
  });

  test("tells the app who asks, and believes no client", async () => {
    const said = await onLb(`\tserver good 127.0.0.1:3000 ${check}\n`, `python3 /app.py good 3000 2> /dev/null &
      start
      until_true 10 curl --silent --fail --insecure https://127.0.0.1/
      curl --silent --insecure -H "x-forwarded-for: 6.6.6.6" -H "x-forwarded-proto: gopher" -H "x-forwarded-host: evil" -H "forwarded: for=6.6.6.6" \
        -H "x-request-id: a b" https://127.0.0.1/`);
    const { headers } = z.object({ headers: z.record(z.string(), z.string()) }).parse(JSON.parse(said));
    expect(headers).toMatchObject({ "x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "https", "x-request-id": expect.stringMatching(/^[0-9a-f-]{36}$/) as string });
    expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(["x-forwarded-host"]));
    expect(said).not.toMatch(/evil|6\.6\.6\.6|gopher/);
  });

  test("sends a GET again to another server, a POST never, and nothing new to one that drains", async () => {
    const said = await onLb(`\tserver bad 127.0.0.1:3001 ${check} weight 256\n\tserver good 127.0.0.1:3000 ${check}\n`, `python3 /app.py bad 3001 2> /dev/null &
      python3 /app.py good 3000 2> /dev/null &
      start
      until_true 10 sh -c 'curl --silent --insecure https://127.0.0.1/ | grep good'
      until_true 10 sh -c 'curl --silent --insecure https://127.0.0.1/ | grep bad'
      for i in $(seq 10); do curl --silent --insecure --output /dev/null --write-out "%{http_code}\\n" https://127.0.0.1/breaks; done | sort | uniq -c
      : > /seen
      for i in $(seq 10); do curl --silent --insecure --output /dev/null --request POST https://127.0.0.1/breaks; done
      echo "posts: $(wc -l < /seen)"
      echo 404 > /status
      until_true 10 sh -c '[ "$(curl --silent http://127.0.0.1:8404/metrics | grep -c "^haproxy_server_status.*proxy=\\"app\\".*state=\\"NOLB\\"} 1")" = 2 ]'
      echo draining`);
    expect(said.trim().split("\n").map((one) => one.trim())).toEqual(["10 200", "posts: 10", "draining"]);
  });
});
