import { command } from "../../../localcloud/plugins/command/plugin.ts";
import { UNKNOWN } from "../../../localcloud/plugins/core/values.ts";
import { createStage } from "../support/stage.ts";

const type = "command:local:Command";

describe("local.Command", () => {
  it("runs in a folder, with variables, input and an interpreter of one's own", async () => {
    const stage = createStage(command());
    await stage.up(type, "it", { create: "pwd; cat; echo $WORD", dir: "/", stdin: "given ", environment: { WORD: "word" } });
    expect(stage.get("it").outputs).toMatchObject({ stdout: "/\ngiven word", stderr: "" });
    await stage.up(type, "other", { create: "console.log(6 * 7)", interpreter: [process.execPath, "-e"] });
    expect(stage.get("other").outputs["stdout"]).toBe("42");
  });

  it("says how a command failed, and that a folder is missing", async () => {
    const stage = createStage(command());
    await expect(stage.up(type, "it", { create: "echo why >&2; exit 7" })).rejects.toThrow("exited with status 7. Its output ended with:\nwhy");
    await expect(stage.up(type, "it", { create: "true", dir: "/no/such" })).rejects.toThrow("in /no/such");
  });

  it("does nothing in a preview, and says that its output is not known yet", async () => {
    const { handlers } = createStage(command());
    const subject = { urn: `urn:pulumi:dev::tests::${type}::it`, id: "", oldInputs: {}, oldOutputs: {}, next: { create: "exit 1", environment: { A: UNKNOWN } }, timeoutSeconds: 0 };
    expect(await handlers.create(subject, true)).toEqual({ id: "", outputs: { create: "exit 1", environment: { A: UNKNOWN }, stdout: UNKNOWN, stderr: UNKNOWN } });
  });

  it("ends a command that takes longer than customTimeouts allows, with all that it started", async () => {
    const { handlers } = createStage(command());
    const subject = { urn: `urn:pulumi:dev::tests::${type}::it`, id: "", oldInputs: {}, oldOutputs: {}, next: { create: "sleep 60 | sleep 60" }, timeoutSeconds: 0.2 };
    await expect(handlers.create(subject, false)).rejects.toThrow("not done within the 0.2 s that customTimeouts allows");
  });
});
