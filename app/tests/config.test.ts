import { hostname } from "node:os";
import { ConfigError, parseConfig } from "../src/config.ts";

describe("the app's configuration", () => {
  test("has a default for everything", () => {
    expect(parseConfig({}, "/srv/app")).toEqual({
      port: 3000, host: "0.0.0.0", serverName: hostname(), release: "development", logLevel: "info", drainSeconds: 25, noticeSeconds: 5,
    });
  });

  test("comes from the environment", () => {
    expect(parseConfig({
      PORT: "8000", HOST: "10.10.0.5", SERVER_NAME: "app-2", RELEASE: "r7", LOG_LEVEL: "warn", DRAIN_SECONDS: "9", DRAIN_NOTICE_SECONDS: "0",
    }, "/srv/app")).toEqual({
      port: 8000, host: "10.10.0.5", serverName: "app-2", release: "r7", logLevel: "warn", drainSeconds: 9, noticeSeconds: 0,
    });
  });

  test("an empty variable is an unset one", () => {
    expect(parseConfig({ PORT: "" }, "/srv/app").port).toBe(3000);
  });

  test("the release is the hash that names the program's folder", () => {
    const hash = "a".repeat(64);
    expect(parseConfig({}, `/opt/quickcart/app/${hash}`).release).toBe(hash);
    expect(parseConfig({ RELEASE: "r7" }, `/opt/quickcart/app/${hash}`).release).toBe("r7");
  });

  test("every error is told at once, with the key, the value and what is allowed", () => {
    let told = "";
    try {
      parseConfig({ PORT: "70000", HOST: "app.example", LOG_LEVEL: "loud", SERVER_NAME: "a b", DRAIN_SECONDS: "soon" }, "/srv/app");
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      told = String(error);
    }
    expect(told).toContain('PORT="70000": allowed is a whole number from 0 to 65535');
    expect(told).toContain('HOST="app.example": allowed is an IPv4 or IPv6 address');
    expect(told).toContain('LOG_LEVEL="loud": allowed is one of fatal, error, warn, info, debug, trace, silent');
    expect(told).toContain('SERVER_NAME="a b": allowed is 1-128 printable ASCII characters without spaces');
    expect(told).toContain('DRAIN_SECONDS="soon": allowed is a whole number from 1 to 600');
  });

  test.each(["-1", "3000.5", "0x10", " 3000", "1e3", "65536", "99999999999999999999"])("PORT=%j is refused", (PORT) => {
    expect(() => parseConfig({ PORT }, "/srv/app")).toThrow(ConfigError);
  });

  test("the notice is a part of the drain", () => {
    expect(() => parseConfig({ DRAIN_SECONDS: "5", DRAIN_NOTICE_SECONDS: "5" }, "/srv/app")).toThrow(/DRAIN_NOTICE_SECONDS="5": allowed is less than DRAIN_SECONDS/);
  });
});
