import { type Command, parse, positionals } from "../cli/command.ts";
import { UserError } from "../cli/errors.ts";
import { leftovers } from "../lifecycle/leftovers.ts";
import { withLock } from "../lifecycle/lock.ts";
import { teardown } from "../lifecycle/teardown.ts";

export const down: Command = {
  summary: "end the local cloud and remove every trace of it, machines and state included",
  usage: [""],
  help: [
    "Ends every process, removes mounts, networks, control groups and files, then asks the kernel whether anything is left.",
    "Can be cut off anywhere and run again. The cache with tools, images and packages stays.",
  ],
  async run(args, output) {
    positionals(parse(args, {}).positionals, []);
    if (process.getuid?.() !== 0) throw new UserError("the local cloud's machines and networks are root's: run this as root");
    await withLock("down", async () => {
      const began = Date.now();
      if ((await leftovers()).length === 0) {
        output.result({ changed: false, left: [] }, ["There is no local cloud here, and nothing of one."]);
        return;
      }
      output.say("Taking the local cloud down.");
      const left = await teardown((line) => output.say(`  ${line}`));
      const seconds = ((Date.now() - began) / 1000).toFixed(1);
      output.result({ changed: true, left }, left.length > 0 ? [] : [`The local cloud is gone, and nothing of it is left (${seconds} s).`]);
      if (left.length > 0) {
        throw new UserError([
          "this is left of the local cloud; `localcloud down` again may get it:",
          ...left.map(({ kind, what }) => `  ${kind}: ${what}`),
        ].join("\n"));
      }
    });
  },
};
