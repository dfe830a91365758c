import { createHash } from "node:crypto";
import { startServer } from "../testing/server.ts";

describe("/", () => {
  test("shows people which server answered, and its release", async () => {
    await using server = await startServer();
    const response = await fetch(server.url, { headers: { accept: "text/html,*/*;q=0.8" } });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    const html = await response.text();
    expect(html).toContain("<dd>app-1</dd>");
    expect(html).toContain("<dd>r1</dd>");
  });

  test("tells programs the same as JSON", async () => {
    await using server = await startServer();
    const response = await fetch(server.url, { headers: { accept: "application/json" } });
    expect(response.headers.get("content-type")).toMatch(/^application\/json/);
    expect(response.headers.get("vary")).toBe("accept");
    expect(await response.json()).toEqual({ server: "app-1", release: "r1" });
  });

  test("may load and run nothing but its own style sheet", async () => {
    await using server = await startServer();
    const response = await fetch(server.url);
    const policy = response.headers.get("content-security-policy") ?? "";
    const style = /<style>([^]*)<\/style>/.exec(await response.text())?.[1] ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`'sha256-${createHash("sha256").update(style).digest("base64")}'`);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  });

  test("no name gets markup into the page", async () => {
    await using server = await startServer({ serverName: '<script>alert("1")</script>', release: "a&b" });
    const body = await (await fetch(server.url)).text();
    expect(body).not.toContain("<script>");
    expect(body).toContain("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;");
    expect(body).toContain("a&amp;b");
  });
});
