import { messageOf } from "../files.ts";
import { bakeImages } from "./bake.ts";

/** `node localcloud/images/main.ts`: bakes what is missing and says where it is. */
try {
  const images = await bakeImages((line) => process.stdout.write(`${line}\n`));
  process.stdout.write(`bare: ${images.bare}\nbaked: ${images.baked.join(":")}\n`);
} catch (error) {
  process.stderr.write(`the machines' image could not be baked: ${messageOf(error)}\n`);
  process.exitCode = 1;
}
