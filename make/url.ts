import { siteUrl } from "./site.ts";
import { runTarget } from "./steps.ts";

await runTarget(async () => { await Promise.resolve(process.stdout.write(`${siteUrl()}\n`)); });
