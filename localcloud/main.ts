#!/usr/bin/env node
import { enableCompileCache } from "node:module";
import { compileCacheDir } from "./cacheDir.ts";

enableCompileCache(compileCacheDir);
// Only what is imported from here on comes out of the cache.
const { runProgram } = await import("./cli/program.ts");
await runProgram(process.argv.slice(2));
