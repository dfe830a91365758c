import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import providerGrpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import pb, { type CreateResponse } from "@pulumi/pulumi/proto/provider_pb.js";
import statusPb from "@pulumi/pulumi/proto/status_pb.js";
import structPb from "google-protobuf/google/protobuf/struct_pb.js";
import { z } from "zod";
import { defineResource, InitFailed, type Plugin } from "../../../localcloud/plugins/core/resource.ts";
import { serve } from "../../../localcloud/plugins/core/serve.ts";

const main = join(import.meta.dirname, "..", "..", "..", "localcloud", "plugins", "main.ts");

/** The first line that a process prints. */
async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error("no stdout");
  const [chunk] = await once(child.stdout, "data") as [Buffer];
  return chunk.toString().trim();
}

function create(port: number, urn: string, inputs: Record<string, string>): Promise<CreateResponse> {
  const client = new providerGrpc.ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  return new Promise((resolve, reject) => {
    client.create(new pb.CreateRequest().setUrn(urn).setProperties(structPb.Struct.fromJavaScript(inputs)), (error, response) => {
      client.close();
      if (error) reject(error);
      else resolve(response);
    });
  });
}

describe("a plugin's process", () => {
  it("prints its port, serves Pulumi's protocol there, and tells a wrong name from a right one", async () => {
    const child = spawn(process.execPath, [main, "random", "127.0.0.1:9"], { stdio: ["ignore", "pipe", "inherit"] });
    const port = Number(await firstLine(child));
    const made = await create(port, "urn:pulumi:dev::tests::random:index/randomUuid:RandomUuid::id", {});
    expect(made.getProperties()?.toJavaScript()).toMatchObject({ result: made.getId() });
    await expect(create(port, "urn:pulumi:dev::tests::random:index/other:Other::id", {})).rejects.toMatchObject({ details: expect.stringContaining("has no 'random:index/other:Other'") });
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;

    const wrong = spawn(process.execPath, [main, "aws"], { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    wrong.stderr.on("data", (chunk: Buffer) => { said += chunk.toString(); });
    expect(await once(wrong, "close")).toEqual([1, null]);
    expect(said).toContain("'aws' is none of command, digitalocean, random, tls");
  });

  it("ends with the engine that started it, however that ended", async () => {
    const parent = spawn("sh", ["-c", `'${process.execPath}' '${main}' random & wait`], { stdio: ["ignore", "pipe", "inherit"] });
    await firstLine(parent);
    const closed = once(parent, "close");
    parent.kill("SIGKILL");
    // Its output is closed when the last process that holds it has ended: the plugin.
    expect(await closed).toEqual([null, "SIGKILL"]);
  });

  it("hands over a half-made resource in the way that the engine understands", async () => {
    const half = defineResource({ inputs: z.object({}), create: async () => { throw new InitFailed("42", { name: "web" }, "it never booted"); } });
    const plugin: Plugin = { name: "shop", version: "1.0.0", secretSettings: [], configure: async () => undefined, resources: { "shop:index/thing:Thing": half }, functions: {} };
    const served = await serve(plugin, undefined);
    const error = await create(served.port, "urn:pulumi:dev::tests::shop:index/thing:Thing::web", {}).catch((reason: unknown) => reason as grpc.ServiceError);
    served.close();
    if (!("metadata" in error)) throw new Error("it should have failed");
    const [details] = error.metadata.get("grpc-status-details-bin");
    const packed = statusPb.Status.deserializeBinary(Buffer.from(details ?? "")).getDetailsList()[0];
    const failed = pb.ErrorResourceInitFailed.deserializeBinary(packed?.getValue_asU8() ?? new Uint8Array());
    expect(packed?.getTypeName()).toBe("pulumirpc.ErrorResourceInitFailed");
    expect({ id: failed.getId(), outputs: failed.getProperties()?.toJavaScript(), reasons: failed.getReasonsList() }).toEqual({ id: "42", outputs: { name: "web" }, reasons: ["creating Thing 'web': it never booted"] });
  });
});
