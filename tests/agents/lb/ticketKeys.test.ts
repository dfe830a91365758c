import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keysToPush, parseLoadedKeys, periodMs, ticketKeys, ticketKeysFile } from "../../../agents/lb/ticketKeys.ts";
import { pushTicketKeys, writeTicketKeys } from "../../../agents/lb/tickets.ts";

const secret = "a-secret-of-the-stack";
const now = 1_000 * periodMs + 5;

test("three keys of 80 bytes, the same on both load balancers, and others with another secret", () => {
  const keys = ticketKeys(secret, now);
  expect(keys.map((key) => Buffer.from(key, "base64").byteLength)).toEqual([80, 80, 80]);
  expect(new Set(keys).size).toBe(3);
  expect(ticketKeys(secret, now + periodMs - 10)).toEqual(keys);
  expect(ticketKeys(`${secret}!`, now).filter((key) => keys.includes(key))).toEqual([]);
});

test("what encrypts now was known a period ahead, and still decrypts a period later", () => {
  const [, current, next] = ticketKeys(secret, now);
  const [previous, then] = ticketKeys(secret, now + periodMs);
  expect([previous, then]).toEqual([current, next]);
});

test.each([
  ["the wanted ones", ["a", "b", "c"], []],
  ["those of the period before", ["z", "a", "b"], ["c"]],
  ["those of two periods ago", ["y", "z", "a"], ["b", "c"]],
  ["others", ["x", "y", "z"], ["a", "b", "c"]],
  ["the wanted ones in another order", ["b", "c", "a"], ["b", "c"]],
  ["none", [], ["a", "b", "c"]],
])("with %s loaded", (_, loaded, pushed) => {
  expect(keysToPush(["a", "b", "c"], loaded)).toEqual(pushed);
});

const shown = "# id secret\n# 0 (/run/other.keys)\n0.0 o1\n0.1 o2\n# 1 (/run/haproxy/ticket.keys)\n1.0 a=\n1.1 b=\n1.2 c=\n";

test("reads what HAProxy shows of its own file only", () => {
  expect(parseLoadedKeys(shown, "/run/haproxy/ticket.keys")).toEqual(["a=", "b=", "c="]);
  expect(parseLoadedKeys(shown, "/run/none")).toEqual([]);
});

/** As HAProxy does: each key that is set becomes the last one, the first one goes. */
function fakeHaproxy(file: string, loaded: string[]): (command: string) => Promise<string> {
  return async (command) => {
    if (command === "show tls-keys *") return [`# id secret`, `# 0 (${file})`, ...loaded.map((key, index) => `0.${index} ${key}`)].join("\n");
    const [, key] = /^set ssl tls-key \S+ (\S+)$/.exec(command) ?? [];
    if (key === undefined || !command.includes(file)) return "'set ssl tls-key' unable to locate referenced filename";
    loaded.push(key);
    loaded.shift();
    return "TLS ticket key updated!";
  };
}

test("a HAProxy that runs gets the next key at a period's end, and none in between", async () => {
  const loaded = ticketKeys(secret, now);
  const ask = fakeHaproxy("/run/k", loaded);
  expect(await pushTicketKeys(ask, "/run/k", secret, now)).toBe(0);
  expect(await pushTicketKeys(ask, "/run/k", secret, now + periodMs)).toBe(1);
  expect(loaded).toEqual(ticketKeys(secret, now + periodMs));
  expect(await pushTicketKeys(ask, "/run/k", secret, now + 9 * periodMs)).toBe(3);
  expect(loaded).toEqual(ticketKeys(secret, now + 9 * periodMs));
});

test("a refusal names no key", async () => {
  const keys = ticketKeys(secret, now);
  const refused = pushTicketKeys(async (command) => command.startsWith("show") ? "" : `bad key in ${command}`, "/run/k", secret, now);
  await expect(refused).rejects.toThrow("HAProxy refuses a key of session tickets: bad key in set ssl tls-key /run/k …");
  await expect(refused).rejects.not.toThrow(keys[0]);
});

test("the file is root's alone, one key a line, and written only when it differs", async () => {
  const folder = await mkdtemp(join(tmpdir(), "quickcart-tickets-"));
  const path = join(folder, "ticket.keys");
  await writeTicketKeys(path, secret, now);
  const { mode, ino } = await stat(path);
  expect(mode & 0o777).toBe(0o600);
  expect(await readFile(path, "utf8")).toBe(ticketKeysFile(ticketKeys(secret, now)));
  await writeTicketKeys(path, secret, now + 1);
  expect((await stat(path)).ino).toBe(ino);
  await rm(folder, { recursive: true });
});
