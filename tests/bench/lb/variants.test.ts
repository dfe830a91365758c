import { formatConfiguration, onPath, parseConfiguration } from "../../../bench/lb/configuration.ts";
import { appPort, hostName, product } from "../../../bench/lb/product.ts";
import { featureOf, oneThread, runsBeside, slowed, variants } from "../../../bench/lb/variants.ts";

const text = `# What a reader wants to know.
global
  nbthread 4
  stats socket /run/x.sock level admin
  server-state-file /run/x.state
  ssl-default-bind-options ssl-min-ver TLSv1.2

defaults
  mode http
  log stderr format raw daemon notice
  timeout client 30s

frontend http
  bind :80
  http-request redirect scheme https

frontend https
  bind :443 ssl crt /etc/site.pem alpn h2,http/1.1
  log-format "%[var(txn.id)]"
  acl changes method POST
  acl odd path /odd
  http-request set-var(txn.id) uuid()
  http-request set-header x-forwarded-for %[src]
  http-request disable-l7-retry if changes
  http-after-response set-header strict-transport-security max-age=1
  http-request deny if odd
  default_backend app

backend self
  server present 127.0.0.1:1

backend app
  balance leastconn
  option httpchk
  retries 3
  server a 10.0.0.1:3000 check inter 1s
`;
const all = parseConfiguration(text);
const lines = (name: string): string[] => {
  const { bare, single, without } = variants(all);
  const found = [bare, ...single, ...without].find((variant) => variant.name === name);
  if (found === undefined) throw new Error(`no variant ${name}`);
  return found.sections.flatMap((section) => section.lines);
};

test("what is parsed is written again without comments and empty lines", () => {
  expect(parseConfiguration(formatConfiguration(all))).toEqual(all);
  expect(all.map(({ head }) => head)).toEqual(["global", "defaults", "frontend http", "frontend https", "backend self", "backend app"]);
});

test("a line outside of any section is an error", () => {
  expect(() => parseConfiguration("mode http\n")).toThrow("outside of any section: mode http");
});

test("a request passes the settings, the frontend with TLS and its backend", () => {
  expect(onPath(all).map(({ head }) => head)).toEqual(["global", "defaults", "frontend https", "backend app"]);
  expect(() => onPath(parseConfiguration("frontend http\n  bind :80\n"))).toThrow("no frontend that binds with `ssl`");
});

test("the bare one passes requests on over the same TLS, and nothing else", () => {
  expect(lines("bare")).toEqual([
    "nbthread 4", "stats socket /run/x.sock level admin", "server-state-file /run/x.state", "ssl-default-bind-options ssl-min-ver TLSv1.2",
    "mode http", "timeout client 30s",
    "bind :443 ssl crt /etc/site.pem alpn h2,http/1.1", "default_backend app",
    "balance leastconn", "server a 10.0.0.1:3000",
  ]);
});

test.each([
  ["log", ["log stderr format raw daemon notice", 'log-format "%[var(txn.id)]"']],
  ["request id", ["http-request set-var(txn.id) uuid()"]],
  ["forwarded headers", ["http-request set-header x-forwarded-for %[src]"]],
  ["headers of answers", ["http-after-response set-header strict-transport-security max-age=1"]],
  ["retries", ["acl changes method POST", "http-request disable-l7-retry if changes", "retries 3"]],
  ["health checks", ["option httpchk", "server a 10.0.0.1:3000 check inter 1s"]],
  ["everything else", ["acl odd path /odd", "http-request deny if odd"]],
])("the feature %s is bare and %j; without it all others are there", (name, expected) => {
  const bare = lines("bare");
  expect(lines(name).filter((line) => !bare.includes(line))).toEqual(expected);
  const whole = onPath(all).flatMap((section) => section.lines);
  expect(whole.filter((line) => !lines(`without ${name}`).includes(line))).toEqual(expected);
});

test("one runs beside others on a port of its own, in one thread and without their sockets", () => {
  const beside = runsBeside(variants(all).bare.sections, 4430).flatMap((section) => section.lines);
  expect(beside).toContain("bind 127.0.0.1:4430 ssl crt /etc/site.pem alpn h2,http/1.1");
  expect(beside.filter((line) => /^(nbthread|stats|server-state)/.test(line))).toEqual(["nbthread 1"]);
});

test("the whole loses nothing but its number of threads", () => {
  expect(formatConfiguration(oneThread(all)).replace("nbthread 1", "nbthread 4").split("\n").toSorted()).toEqual(formatConfiguration(all).split("\n").toSorted());
});

test("sabotage is a line in the frontend that visitors see", () => {
  const changed = slowed(all).filter((section, index) => section.lines.length !== all[index]?.lines.length);
  expect(changed.map(({ head }) => head)).toEqual(["frontend https"]);
});

describe("of the product", () => {
  const pem = (kind: string): string => `-----BEGIN ${kind}-----\nMA==\n-----END ${kind}-----\n`;
  const rendered = product({ certificate: pem("CERTIFICATE"), certificateKey: pem("PRIVATE KEY") });
  const sections = parseConfiguration(`${rendered.configuration}\n  server a 127.0.0.1:${appPort} check\n`);

  test("every line on a request's path is in bare or in a feature that has a name", () => {
    const nameless = onPath(sections).flatMap((section) => section.lines).filter((line) => featureOf(line) === "everything else");
    expect(nameless).toEqual([]);
  });

  test("each feature that is promised is there", () => {
    expect(variants(sections).single.map(({ name }) => name)).toEqual(["log", "request id", "forwarded headers", "headers of answers", "retries", "health checks"]);
    expect(rendered.configuration).toContain(hostName);
  });

  test("the log goes where the unit says", () => {
    expect(rendered.output).toMatch(/^append:\//);
  });
});
