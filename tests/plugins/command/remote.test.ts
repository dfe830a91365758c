import { generateKeyPairSync } from "node:crypto";
import { command } from "../../../localcloud/plugins/command/plugin.ts";
import { type JsonObject } from "../../../localcloud/plugins/core/values.ts";
import { toOpenssh } from "../../../localcloud/plugins/tls/opensshKey.ts";
import { canRunSshd, freePort, type Sshd, startSshd } from "../support/sshd.ts";
import { createStage, type Stage } from "../support/stage.ts";

const login = toOpenssh(generateKeyPairSync("ed25519").privateKey);
const host = toOpenssh(generateKeyPairSync("ed25519").privateKey);
const stranger = toOpenssh(generateKeyPairSync("ed25519").privateKey);
const type = "command:remote:Command";

(canRunSshd ? describe : describe.skip)("remote.Command on a real OpenSSH server (wants root)", () => {
  let sshd: Sshd;
  let stage: Stage;
  let connection: JsonObject;

  beforeAll(async () => {
    sshd = await startSshd({ host: host.privateKey, authorized: login.publicKey });
    connection = { host: "127.0.0.1", port: sshd.port, user: "root", privateKey: login.privateKey, dialErrorLimit: 1 };
  }, 60_000);
  afterAll(async () => { await sshd.stop(); });
  beforeEach(() => { stage = createStage(command()); });

  it("runs create, update and delete, hands on what was printed, and cuts the last line feed", async () => {
    const inputs = { connection, create: "echo made; echo noise >&2", update: "echo was $PULUMI_COMMAND_STDOUT", delete: "test \"$PULUMI_COMMAND_STDOUT\" = 'was made'", triggers: ["1"] };
    await stage.up(type, "it", inputs);
    expect(stage.get("it")).toMatchObject({ id: expect.stringMatching(/^it[0-9a-f]{8}$/), outputs: { stdout: "made", stderr: "noise" } });
    expect(await stage.up(type, "it", { ...inputs, triggers: ["2"] })).toMatchObject([{ key: "triggers", replaces: false }]);
    expect(stage.get("it").outputs).toMatchObject({ stdout: "was made", stderr: "" });
    await stage.destroy("it");
  });

  it("replaces on a trigger when there is no update command, and runs create again when another input changes", async () => {
    const inputs = { connection, create: "echo $$", triggers: ["1"] };
    await stage.up(type, "it", inputs);
    const { id, outputs } = stage.get("it");
    expect(await stage.up(type, "it", { ...inputs, stdin: "x" })).toMatchObject([{ key: "stdin", replaces: false }]);
    expect(stage.get("it")).toMatchObject({ id });
    expect(stage.get("it").outputs["stdout"]).not.toBe(outputs["stdout"]);
    expect(await stage.up(type, "it", { ...inputs, stdin: "x", triggers: ["2"] })).toMatchObject([{ key: "triggers", replaces: true }]);
    expect(stage.get("it").id).not.toBe(id);
  });

  it("passes standard input and the variables that the server accepts", async () => {
    await stage.up(type, "it", { connection, create: "cat; echo \" $GREETING\"", stdin: "line one\nline two", environment: { GREETING: "hello there" } });
    expect(stage.get("it").outputs["stdout"]).toBe("line one\nline two hello there");
  });

  it("shows lines while the command runs, and only the stream that is asked for", async () => {
    await stage.up(type, "it", { connection, create: "echo out; echo err >&2", logging: "stderr" });
    expect(stage.log).toEqual(["info: err"]);
    await stage.up(type, "quiet", { connection, create: "echo out; echo err >&2", logging: "none" });
    expect(stage.log).toEqual(["info: err"]);
  });

  it("jumps through a proxy", async () => {
    await stage.up(type, "it", { connection: { ...connection, proxy: connection }, create: "echo $SSH_CONNECTION" });
    expect(stage.get("it").outputs["stdout"]).toMatch(new RegExp(`^127.0.0.1 \\d+ 127.0.0.1 ${sshd.port}$`));
  });

  it("says how a command failed, with the end of what it printed", async () => {
    await expect(stage.up(type, "it", { connection, create: "echo before; echo broken >&2; exit 3" }))
      .rejects.toThrow(/^creating Command 'it': the command exited with status 3\. Its output ended with:\n(before\nbroken|broken\nbefore)$/);
    await expect(stage.up(type, "it", { connection, create: "kill -9 $$" })).rejects.toThrow("ended by signal SIGKILL and printed nothing");
    expect(stage.has("it")).toBe(false);
  });

  it("carries more output than one window of the protocol", async () => {
    await stage.up(type, "it", { connection, create: "seq 1 400000", logging: "none" });
    expect(String(stage.get("it").outputs["stdout"]).split("\n")).toHaveLength(400_000);
  });

  it("tries again until the limit, and names whom it could not reach", async () => {
    const closed = await freePort();
    await expect(stage.up(type, "it", { connection: { ...connection, port: closed, dialErrorLimit: 2 }, create: "true" }))
      .rejects.toThrow(new RegExp(`root@127.0.0.1:${closed} could not be reached by SSH in 3 attempt\\(s\\): .*ECONNREFUSED`));
    expect(stage.log.filter((line) => line.includes("Retrying"))).toHaveLength(2);
    const proxy = { ...connection, port: closed, dialErrorLimit: 0 };
    await expect(stage.up(type, "it", { connection: { ...connection, dialErrorLimit: 0, proxy }, create: "true" })).rejects.toThrow(`through root@127.0.0.1:${closed}`);
  });

  it("refuses another host key than the one expected, and a key that is none, without trying again", async () => {
    await stage.up(type, "it", { connection: { ...connection, hostKey: host.publicKey }, create: "true" });
    await expect(stage.up(type, "wrong", { connection: { ...connection, hostKey: stranger.publicKey }, create: "true" })).rejects.toThrow(/in 1 attempt\(s\): .*another host key/);
    await expect(stage.up(type, "wrong", { connection: { ...connection, privateKey: "no key" }, create: "true" })).rejects.toThrow("connection.privateKey is not a private key");
    await expect(stage.up(type, "wrong", { connection: { ...connection, privateKey: stranger.privateKey, dialErrorLimit: 0 }, create: "true" })).rejects.toThrow(/authentication/i);
  });

  it("never shows a secret: not in lines, not in errors", async () => {
    const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value: "hunter2-hunter2" };
    await expect(stage.up(type, "it", { connection, create: "cat; exit 1", stdin: secret })).rejects.toThrow("Its output ended with:\n[secret]");
    expect(stage.log).toEqual(["info: [secret]"]);
    await stage.up(type, "it", { connection, create: "cat", stdin: secret });
    expect(stage.get("it").outputs["stdout"]).toMatchObject({ value: "hunter2-hunter2" });
    expect(stage.log.join()).not.toContain("hunter2");
    expect(sshd.log()).not.toContain("hunter2");
  });
});
