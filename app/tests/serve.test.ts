import { once } from "node:events";
import { RawClient } from "../testing/rawClient.ts";
import { startChild, type Child } from "../testing/childProcess.ts";

const healthStatus = async (port: number): Promise<number> => (await fetch(`http://127.0.0.1:${port}/healthz`)).status;

/** Sends the signal and waits until the process has said that it drains. */
async function terminate(child: Child): Promise<void> {
  child.process.kill("SIGTERM");
  while (!child.output().includes('"draining"')) await once(child.process.stdout ?? child.process, "data");
}

describe("SIGTERM", () => {
  test("health says 404 at once, while what is in flight and what still arrives is answered", async () => {
    await using child = startChild("testing/slowApp.ts", { DRAIN_SECONDS: "600", DRAIN_NOTICE_SECONDS: "599" });
    const port = await child.port;
    const slow = await RawClient.open(port);
    slow.send("GET /slow HTTP/1.1\r\nhost: a\r\n\r\n");
    await once(child.process, "message");

    await terminate(child);
    expect(await healthStatus(port)).toBe(404);
    // Load balancers that have not noticed yet are still served, and told to go elsewhere next time.
    const late = await fetch(`http://127.0.0.1:${port}/`);
    expect([late.status, late.headers.get("connection")]).toEqual([200, "close"]);

    child.process.send("answer");
    expect(await slow.ended()).toMatch(/^HTTP\/1\.1 200 [^]*connection: close[^]*\{"answered":true\}$/i);
  });

  test("a slow request is not lost: it is finished after the port has closed, and then the process ends with 0", async () => {
    await using child = startChild("testing/slowApp.ts", { DRAIN_SECONDS: "60", DRAIN_NOTICE_SECONDS: "0" });
    const slow = await RawClient.open(await child.port);
    slow.send("GET /slow HTTP/1.1\r\nhost: a\r\n\r\n");
    await once(child.process, "message");
    await terminate(child);
    await refused(await child.port);
    child.process.send("answer");
    expect(await slow.ended()).toMatch(/\{"answered":true\}$/);
    expect(await child.exited).toEqual({ code: 0, signal: null });
  });

  test("a request that never ends is cut when the time is up", async () => {
    await using child = startChild("testing/slowApp.ts", { DRAIN_SECONDS: "1", DRAIN_NOTICE_SECONDS: "0" });
    const stuck = await RawClient.open(await child.port);
    stuck.send("GET /slow HTTP/1.1\r\nhost: a\r\n\r\n");
    await once(child.process, "message");
    const begin = performance.now();
    child.process.kill("SIGTERM");
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - begin).toBeGreaterThan(900);
    expect(await stuck.ended()).toBe("");
    expect(child.output()).toContain("not drained within 1 s");
  });

  test("a second signal ends it at once", async () => {
    await using child = startChild("testing/slowApp.ts", { DRAIN_SECONDS: "600", DRAIN_NOTICE_SECONDS: "599" });
    const stuck = await RawClient.open(await child.port);
    stuck.send("GET /slow HTTP/1.1\r\nhost: a\r\n\r\n");
    await once(child.process, "message");
    await terminate(child);
    child.process.kill("SIGINT");
    expect(await child.exited).toEqual({ code: 0, signal: null });
  });

  test("idle connections do not hold it up", async () => {
    await using child = startChild("src/main.ts", { DRAIN_SECONDS: "600", DRAIN_NOTICE_SECONDS: "0" });
    const idle = await RawClient.open(await child.port);
    idle.send("GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n");
    await idle.until(/"ok"/);
    child.process.kill("SIGTERM");
    expect(await child.exited).toEqual({ code: 0, signal: null });
  });
});

/** Until nobody listens on the port any more. */
async function refused(port: number): Promise<void> {
  for (;;) {
    try {
      (await RawClient.open(port)).socket.destroy();
    } catch (error) {
      // Reset: it was in the queue of the port that closed.
      const { code } = error as NodeJS.ErrnoException;
      expect(["ECONNREFUSED", "ECONNRESET"]).toContain(code);
      if (code === "ECONNREFUSED") return;
    }
  }
}
