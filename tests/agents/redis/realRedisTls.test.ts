import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { parseEnv } from "node:util";
import { type Cluster, Redis } from "ioredis";
import { slotCount } from "../../../agents/redis/clusterNodes.ts";
import { look } from "../../../agents/redis/survey.ts";
import { filesOf } from "../../../components/rendering/files.ts";
import { accessFrom, clusterOf } from "../../drills/redis/connection.ts";
import { redis, roles } from "../../templates/support/roles.ts";
import { describeWithRedis, RedisLab } from "./support/lab.ts";

jest.setTimeout(300_000);

describeWithRedis("a cluster with TLS", () => {
  let lab: RedisLab;
  let app: Cluster;

  /** What an app server is told, as far as it can be so here. */
  function environment(): NodeJS.ProcessEnv {
    const env = filesOf(roles["app-with-redis-tls"]).find(({ path }) => path === "/etc/quickcart/app.env")?.content ?? "";
    return { ...parseEnv(env.replace(/(HOST_\d=)redis-(\d)/g, (_, key: string, number: string) => `${key}${lab.address(Number(number))}`)), REDIS_TLS_CA: lab.tls?.authorityPath };
  }

  beforeAll(async () => {
    lab = new RedisLab({ tls: true });
    for (let number = 1; number <= 6; number++) await lab.start(number);
    await lab.settle(6);
    app = clusterOf(accessFrom(environment()));
  });
  afterAll(async () => {
    app.disconnect();
    await lab.end();
  });

  test("forms by itself, and each replica follows its master", async () => {
    for (let number = 1; number <= 6; number++) {
      const { nodes, inStep } = await look(lab.ask, lab.address(number));
      expect([nodes.filter((node) => slotCount(node) > 0).length, nodes.every(({ health }) => health === "up"), inStep]).toEqual([3, true, true]);
    }
  });

  test("an app server reaches it by what it is told, and a password is wanted all the same", async () => {
    for (let number = 0; number < 300; number++) await app.set(`key:${number}`, number);
    expect(await app.pipeline().set("key:1", "1").call("WAIT", "1", "2000").exec()).toEqual([[null, "OK"], [null, 1]]);
    const { tls } = accessFrom(environment());
    const stranger = new Redis({ ...tls === null ? {} : { tls }, host: lab.address(1), port: 6379, retryStrategy: () => null, enableReadyCheck: false, maxRetriesPerRequest: 0 });
    stranger.on("error", () => undefined);
    await expect(stranger.get("key:1")).rejects.toThrow("NOAUTH");
    stranger.disconnect();
  });

  test("nobody is answered in the clear", async () => {
    const socket = connect(6379, lab.address(1));
    socket.on("error", () => undefined);
    socket.write("PING\r\n");
    let answer = "";
    socket.on("data", (data) => { answer += data.toString("latin1"); });
    await new Promise((resolve) => socket.once("close", resolve));
    expect(answer).not.toMatch(/PONG|NOAUTH/);
  });

  test("the cluster bus lets in nobody without a certificate", async () => {
    // TLS 1.2: there a client's certificate is judged before the handshake ends.
    const knock = async (own: { cert?: string; key?: string }): Promise<string> => await new Promise((resolve) => {
      const socket = connectTls({ ...own, host: lab.address(1), port: 16_379, ca: lab.tls?.authority, servername: lab.tls?.name, maxVersion: "TLSv1.2" }, () => resolve("let in"));
      socket.once("error", ({ message }) => resolve(message));
    });
    expect(await knock(lab.certificate)).toBe("let in");
    expect(await knock({})).toMatch(/handshake failure|certificate required|socket hang up|disconnected/);
  });

  test("who has a certificate of the same authority is not a node for that", async () => {
    const { tls } = accessFrom(environment());
    const elsewhere = new Redis({ host: lab.address(1), port: 6379, username: "admin", password: redis.passwords.admin, tls: { ...tls, servername: "db.quickcart.internal" }, retryStrategy: () => null, maxRetriesPerRequest: 0 });
    const refusal = await new Promise<Error>((resolve) => elsewhere.once("error", resolve));
    expect(refusal.message).toContain("db.quickcart.internal");
    elsewhere.disconnect();
  });

  test("closes slots that were left open, also where whoever waits for them never heard whose they are, and moves slots with what is in them", async () => {
    const own = await look(lab.ask, lab.address(1));
    const other = own.nodes.find((node) => node.id !== own.id && slotCount(node) > 0);
    const slot = own.nodes.find(({ self }) => self)?.slots[0]?.from;
    if (other === undefined || slot === undefined) throw new Error("the cluster is not as the tests before left it");
    // As if it had just joined: from then on it does not listen to news of that slot.
    await Promise.all([["DELSLOTS", String(slot)], ["SETSLOT", String(slot), "IMPORTING", own.id]].map(async (words) => lab.ask(other.address, "CLUSTER", ...words)));
    await lab.ask(lab.address(1), "CLUSTER", "SETSLOT", String(slot), "MIGRATING", other.id);
    await lab.start(7);
    await lab.start(8);
    await lab.settle(8);
    expect(lab.said).toEqual(expect.arrayContaining([expect.stringMatching(/ does not wait any more for 1 slots /), "slots that were left on their way are closed"]));
    expect((await look(lab.ask, lab.address(1))).nodes.filter((node) => slotCount(node) > 0).length).toBe(4);
    for (let number = 0; number < 300; number++) expect(await app.get(`key:${number}`)).toBe(String(number));
  });
});
