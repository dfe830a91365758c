import { createHash } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { preferred } from "./accept.ts";

const style = `
  :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
  body { display: grid; place-content: center; min-height: 100vh; margin: 0; }
  main { padding: 2rem; }
  h1 { margin: 0 0 1rem; font-size: 1.5rem; }
  dl { display: grid; grid-template-columns: max-content auto; gap: .25rem 1.5rem; margin: 0; }
  dt { opacity: .7; }
  dd { margin: 0; font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
`;

/** The page loads nothing and runs nothing; its one style sheet is allowed by its hash. */
const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Shows which server answered: for people as a page, for programs that ask for it as JSON. */
export function serveHome(app: FastifyInstance, about: { serverName: string; release: string }): void {
  const html = page(about.serverName, about.release);
  const json = { server: about.serverName, release: about.release };
  app.get("/", async (request, reply) => {
    // Each server gives its own answer, so nobody may keep it.
    reply.header("cache-control", "no-store").header("vary", "accept");
    if (preferred(request.headers.accept, ["text/html", "application/json"]) === "application/json") return json;
    return reply.type("text/html; charset=utf-8").header("content-security-policy", contentSecurityPolicy).send(html);
  });
}

const page = (serverName: string, release: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>QuickCart</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>QuickCart is up</h1>
<dl>
<dt>Answered by</dt><dd>${escapeHtml(serverName)}</dd>
<dt>Release</dt><dd>${escapeHtml(release)}</dd>
</dl>
</main>
</body>
</html>
`;

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
