import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { startChild } from "../testing/childProcess.ts";

describe("the program", () => {
  test("starts from the environment alone", async () => {
    await using child = startChild("src/main.ts", { RELEASE: "r9" });
    const response = await fetch(`http://127.0.0.1:${await child.port}/`, { headers: { accept: "application/json" } });
    expect(await response.json()).toEqual({ server: "app-1", release: "r9" });
  });

  test("names every wrong setting and does not start", async () => {
    await using child = startChild("src/main.ts", { PORT: "http", LOG_LEVEL: "loud" });
    expect(await child.exited).toEqual({ code: 78, signal: null });
    expect(child.output()).toMatch(/PORT="http".*\n.*LOG_LEVEL="loud"/);
    expect(child.output()).not.toContain("    at ");
  });

  test("a port that is taken is said, with its number", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    await using child = startChild("src/main.ts", { PORT: String(port) });
    expect(await child.exited).toEqual({ code: 1, signal: null });
    expect(child.output()).toContain(`cannot serve on 127.0.0.1 port ${port}`);
    other.close();
  });
});
