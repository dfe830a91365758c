import { onPath, type Section } from "./configuration.ts";

/** What a load balancer does beside passing requests on, and the lines of its configuration that make it do so. */
export interface Feature {
  name: string;
  lines: RegExp;
}

const checks = "health checks";

/** The first that matches has the line; what matches none is "everything else". */
export const features: readonly Feature[] = [
  { name: "log", lines: /^(no )?(log|log-format|log-format-sd|error-log-format|log-tag|log-steps|capture|declare capture|http-request (capture|set-log-level)|option (httplog|httpslog|tcplog|dontlognull|dontlog-normal|logasap|log-separate-errors))\b/ },
  { name: "request id", lines: /request-id|unique-id|txn\.id\b/i },
  { name: "forwarded headers", lines: /x-forwarded|\bforwarded\b|option forwardfor/i },
  { name: "headers of answers", lines: /^http-(response|after-response) / },
  { name: "retries", lines: /^(retries|retry-on|option redispatch|http-request disable-l7-retry)\b/ },
  { name: checks, lines: /^(option (httpchk|log-health-checks|srvtcpka|tcpka)|srvtcpka-\w+|http-check|default-server|load-server-state-from-file)\b/ },
  { name: "tables", lines: /^(stick|stick-table|http-request track-sc|tcp-request \S+ track-sc)/ },
];
const rest = "everything else";

/** Passing requests on takes these; the bare load balancer has no others. What HAProxy answers by itself is no part of a request that reaches a server. */
const needed = /^(mode|timeout|bind|default_backend|maxconn|balance|http-reuse|server|user|group|chroot|nbthread|stats|hard-stop-after|server-state-file|setenv|http-error|errorfile|tune\.|ssl-|option (http-ignore-probes|idle-close-on-response|tcp-smart-accept))/;

export interface Variant {
  name: string;
  sections: Section[];
}

/**
 * From what the product renders: `bare`, which does nothing but pass requests on over the same TLS; for each feature that
 * is there bare with it alone, and the product without it.
 *
 * @param all sections of the product, servers included; `lines` of the result says which of them a feature stands for
 */
export function variants(all: readonly Section[]): { bare: Variant; single: Variant[]; without: Variant[]; lines: Record<string, string[]> } {
  const path = onPath(all);
  const present = [...features.map(({ name }) => name), rest].filter((name) => path.some(({ lines }) => lines.some((line) => featureOf(line) === name)));
  const linesOf = (name: string): string[] => path.flatMap(({ lines }) => lines.filter((line) => featureOf(line) === name));
  return {
    bare: { name: "bare", sections: only(path, () => false) },
    single: present.map((name) => ({ name, sections: only(path, (feature) => feature === name) })),
    without: present.map((name) => ({ name: `without ${name}`, sections: only(path, (feature) => feature !== name) })),
    lines: Object.fromEntries(present.map((name) => [name, linesOf(name)])),
  };
}

/** null: passing requests on takes this line. An ACL belongs to whoever uses it. */
export function featureOf(line: string): string | null {
  const named = features.find(({ lines }) => lines.test(line));
  if (named !== undefined) return named.name;
  return needed.test(line) || line.startsWith("acl ") ? null : rest;
}

function only(path: readonly Section[], wanted: (feature: string) => boolean): Section[] {
  const checked = wanted(checks);
  return path.map((section) => {
    const kept = section.lines.filter((line) => {
      const name = featureOf(line);
      return !line.startsWith("acl ") && (name === null || wanted(name));
    });
    const used = section.lines.filter((line) => {
      const [word, name = ""] = line.split(/\s+/);
      return word === "acl" && kept.some((other) => other.split(/[\s{}!]+/).includes(name));
    });
    return { ...section, lines: [...used, ...kept].map((line) => checked ? line : withoutChecks(line)) };
  });
}

/** Of a server's line: its name and address. */
function withoutChecks(line: string): string {
  return /^server\s/.test(line) ? line.split(/\s+/).slice(0, 3).join(" ") : line;
}

/** The figures are of one thread. */
export const oneThread = (sections: readonly Section[]): Section[] =>
  sections.map((section) => section.kind === "global" ? { ...section, lines: [...section.lines.filter((line) => !line.startsWith("nbthread ")), "nbthread 1"] } : section);

/** No socket but its own port: many run side by side on one machine. */
export function runsBeside(sections: readonly Section[], port: number): Section[] {
  return oneThread(sections).map((section) => ({
    ...section,
    lines: section.lines
      .filter((line) => !/^(stats socket|server-state-file)\b/.test(line))
      .map((line) => line.replace(/^bind\s+\S+/, `bind 127.0.0.1:${port}`)),
  }));
}

/** Sixty hashes for each request are what no load balancer should do. */
export function slowed(sections: readonly Section[]): Section[] {
  const [frontend] = onPath(sections).filter(({ kind }) => kind === "frontend");
  const line = `http-request set-header x-slow %[path${",sha2(512)".repeat(60)},hex]`;
  return sections.map((section) => section === frontend ? { ...section, lines: [...section.lines, line] } : section);
}
