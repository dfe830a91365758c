import { siteUrl } from "./site.ts";

process.stdout.write(`${siteUrl}\n`);
