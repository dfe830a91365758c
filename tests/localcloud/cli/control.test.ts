import { mkdtempSync, rmSync, statSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Control, type Handlers, startControl } from "../../../localcloud/control.ts";
import { silentLog } from "../../../localcloud/lifecycle/log.ts";

const dir = mkdtempSync(join(tmpdir(), "qcd-control-"));
const path = join(dir, "control.sock");
const lost: unknown[] = [];
let handlers: Partial<Handlers> = {};
let control: Control;

beforeAll(async () => {
  control = await startControl(path, () => handlers, silentLog);
});
afterAll(async () => {
  await control.stop();
  rmSync(dir, { recursive: true, force: true });
});
beforeEach(() => {
  handlers = {
    lose: (input) => {
      lost.push(input);
      return {};
    },
    heal: () => Promise.reject(new Error("there is no machine 7")),
  };
});

function post(operation: string, body: string): Promise<{ status: number | undefined; reply: unknown }> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: path, path: `/${operation}`, method: "POST", agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode, reply: JSON.parse(text) as unknown }));
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

const refusal = (words: string): unknown => ({ ok: false, error: expect.stringContaining(words) as unknown });

test("the socket is root's alone", () => {
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("what is well formed reaches its handler, ids as names", async () => {
  expect(await post("lose", JSON.stringify({ machine: 7, percent: 30 }))).toEqual({ status: 200, reply: { ok: true, result: {} } });
  expect(lost).toEqual([{ machine: "7", percent: 30 }]);
});

test("an action's time may be that of a quick cloud, a slow one, or the provider's own example", async () => {
  const times: number[] = [];
  handlers = { actionTime: ({ seconds }) => { times.push(seconds); return {}; } };
  for (const seconds of [0, 0.3, 1.5, 11]) expect(await post("actionTime", JSON.stringify({ seconds }))).toMatchObject({ status: 200 });
  expect(times).toEqual([0, 0.3, 1.5, 11]);
});

test.each([
  ["lose", JSON.stringify({ machine: "a", percent: 300 }), 400, "percent"],
  ["lose", JSON.stringify({ machine: "a", percent: 3, sideways: true }), 400, "sideways"],
  ["lose", "{", 500, "JSON"],
  ["lose", JSON.stringify({ machine: "x".repeat(300_000), percent: 1 }), 500, "longer than"],
  ["stall", JSON.stringify({ machine: "a", milliseconds: 0 }), 400, "milliseconds"],
  ["levitate", "{}", 404, "there is no such operation"],
  ["constructor", "{}", 404, "there is no such operation"],
  ["heal", JSON.stringify({ machine: null }), 500, "there is no machine 7"],
  ["fill", JSON.stringify({ machine: "a", full: true }), 503, "still starting"],
])("%s is refused and says why", async (operation, body, status, words) => {
  const before = lost.length;
  expect(await post(operation, body)).toEqual({ status, reply: refusal(words) });
  expect(lost).toHaveLength(before);
});
