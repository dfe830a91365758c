import { linesOf, wasSentTo } from "../../drills/accessLog.ts";

const line = { time: 1_795_272_601.345, method: "GET", status: 500, server: "app-2:10.10.0.3:green", connect: 0, end: "DC--" };

test("requests are read from a load balancer's log, and nothing else", () => {
  expect(linesOf(`${JSON.stringify({ ...line, path: "/", retries: "0" })}\n{"time":1,"client":"198.18.0.1","error":"handshake"}\nnoise\n`)).toEqual([line]);
});

test.each([
  ["sent to it", line, true],
  ["no connection came about", { ...line, connect: -1 }, false],
  ["another server had it", { ...line, server: "app-1:10.10.0.4:blue" }, false],
  ["a server of a similar name had it", { ...line, server: "app-22:10.10.0.4:blue" }, false],
  ["nobody had it", { ...line, server: "<NOSRV>", connect: -1 }, false],
])("%s", (_, seen, expected) => {
  expect(wasSentTo("app-2", seen)).toBe(expected);
});
