import * as grpc from "@grpc/grpc-js";
import pluginPb from "@pulumi/pulumi/proto/plugin_pb.js";
import providerGrpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import pb, {
  type CheckRequest, type ConfigureRequest, type CreateRequest, type DeleteRequest, type DiffRequest, type InvokeRequest, type PropertyDiff,
  type ReadRequest, type UpdateRequest,
} from "@pulumi/pulumi/proto/provider_pb.js";
import statusPb from "@pulumi/pulumi/proto/status_pb.js";
import anyPb from "google-protobuf/google/protobuf/any_pb.js";
import emptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import structPb, { type Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import { type Change } from "./diff.ts";
import { type Handlers, type Subject } from "./handlers.ts";
import { InitFailed, type Plugin } from "./resource.ts";
import { conceal, type JsonObject, reveal } from "./values.ts";

export const providerService = providerGrpc.ResourceProviderService;

/** Pulumi's provider protocol, spoken for one plugin. */
export function createService(plugin: Plugin, handlers: Handlers, control: { attach(engine: string): void; cancel(): void }): grpc.UntypedServiceImplementation {
  return {
    handshake: unary(() => new pb.ProviderHandshakeResponse().setAcceptSecrets(true).setSupportsAutonamingConfiguration(true)),
    getPluginInfo: unary(() => new pluginPb.PluginInfo().setVersion(plugin.version)),
    attach: unary((request: InstanceType<typeof pluginPb.PluginAttach>) => {
      control.attach(request.getAddress());
      return new emptyPb.Empty();
    }),
    cancel: unary(() => {
      control.cancel();
      return new emptyPb.Empty();
    }),
    checkConfig: unary((request: CheckRequest) => {
      const { values, secretKeys } = reveal(fromStruct(request.getNews()));
      return new pb.CheckResponse().setInputs(toStruct(conceal(values, [...secretKeys, ...plugin.secretSettings])));
    }),
    // Settings say how to reach the cloud, not what is in it: a change of theirs replaces nothing.
    diffConfig: unary(() => new pb.DiffResponse().setChanges(pb.DiffResponse.DiffChanges.DIFF_UNKNOWN)),
    configure: unary(async (request: ConfigureRequest) => {
      await handlers.configure(fromStruct(request.getArgs()));
      return new pb.ConfigureResponse().setAcceptsecrets(true).setSupportspreview(true).setSupportsAutonamingConfiguration(true);
    }),
    invoke: unary(async (request: InvokeRequest) =>
      new pb.InvokeResponse().setReturn(toStruct(await handlers.invoke(request.getTok(), fromStruct(request.getArgs()))))),
    check: unary((request: CheckRequest) => {
      const autonaming = request.getAutonaming();
      const { inputs, failures } = handlers.check(
        subject(request, { oldInputs: request.getOlds(), next: request.getNews() }),
        { seed: request.getRandomseed_asU8(), proposed: autonaming?.getProposedName() ?? null },
      );
      return new pb.CheckResponse().setInputs(toStruct(inputs))
        .setFailuresList(failures.map(({ property, reason }) => new pb.CheckFailure().setProperty(property).setReason(reason)));
    }),
    diff: unary((request: DiffRequest) => {
      const { changes, deleteBeforeReplace } = handlers.diff(
        subject(request, { id: request.getId(), oldInputs: request.getOldInputs(), oldOutputs: request.getOlds(), next: request.getNews() }),
        request.getIgnorechangesList(),
      );
      const response = new pb.DiffResponse()
        .setChanges(changes.length > 0 ? pb.DiffResponse.DiffChanges.DIFF_SOME : pb.DiffResponse.DiffChanges.DIFF_NONE)
        .setDiffsList(changes.map((change) => change.key))
        .setReplacesList(changes.filter((change) => change.replaces).map((change) => change.key))
        .setDeletebeforereplace(deleteBeforeReplace)
        .setHasdetaileddiff(true);
      for (const change of changes) response.getDetaileddiffMap().set(change.key, propertyDiff(change));
      return response;
    }),
    create: unary(async (request: CreateRequest) => {
      const { id, outputs } = await handlers.create(
        subject(request, { next: request.getProperties(), timeoutSeconds: request.getTimeout() }), request.getPreview());
      return new pb.CreateResponse().setId(id).setProperties(toStruct(outputs));
    }),
    read: unary(async (request: ReadRequest) => {
      const { id, inputs, outputs } = await handlers.read(
        subject(request, { id: request.getId(), oldInputs: request.getInputs(), oldOutputs: request.getProperties() }));
      return new pb.ReadResponse().setId(id).setInputs(toStruct(inputs)).setProperties(toStruct(outputs));
    }),
    update: unary(async (request: UpdateRequest) =>
      new pb.UpdateResponse().setProperties(toStruct(await handlers.update(
        subject(request, {
          id: request.getId(), oldInputs: request.getOldInputs(), oldOutputs: request.getOlds(), next: request.getNews(), timeoutSeconds: request.getTimeout(),
        }), request.getPreview())))),
    delete: unary(async (request: DeleteRequest) => {
      await handlers.delete(subject(request, {
        id: request.getId(), oldInputs: request.getOldInputs(), oldOutputs: request.getProperties(), timeoutSeconds: request.getTimeout(),
      }));
      return new emptyPb.Empty();
    }),
  };
}

interface Bags { id?: string; oldInputs?: Struct | undefined; oldOutputs?: Struct | undefined; next?: Struct | undefined; timeoutSeconds?: number }

function subject(request: { getUrn(): string }, bags: Bags): Subject {
  return {
    urn: request.getUrn(),
    id: bags.id ?? "",
    oldInputs: fromStruct(bags.oldInputs),
    oldOutputs: fromStruct(bags.oldOutputs),
    next: fromStruct(bags.next),
    timeoutSeconds: bags.timeoutSeconds ?? 0,
  };
}

function propertyDiff(change: Change): PropertyDiff {
  const { ADD, ADD_REPLACE, DELETE, DELETE_REPLACE, UPDATE, UPDATE_REPLACE } = pb.PropertyDiff.Kind;
  const kinds = { add: [ADD, ADD_REPLACE], delete: [DELETE, DELETE_REPLACE], update: [UPDATE, UPDATE_REPLACE] } as const;
  return new pb.PropertyDiff().setKind(kinds[change.kind][change.replaces ? 1 : 0]).setInputdiff(change.input);
}

function fromStruct(struct: Struct | undefined): JsonObject {
  return (struct?.toJavaScript() ?? {}) as JsonObject;
}

function toStruct(bag: JsonObject): Struct {
  return structPb.Struct.fromJavaScript(bag);
}

function unary<Request, Response>(answer: (request: Request) => Response | Promise<Response>): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    Promise.resolve().then(async () => answer(call.request)).then(
      (response) => { callback(null, response); },
      (error: unknown) => { callback(serviceError(error)); },
    );
  };
}

/** https://github.com/pulumi/pulumi/blob/master/proto/pulumi/provider.proto: Create, `ErrorResourceInitFailed`. */
function serviceError(error: unknown): Partial<grpc.ServiceError> {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof InitFailed)) return { code: grpc.status.UNKNOWN, details: message };
  const detail = new pb.ErrorResourceInitFailed().setId(error.id).setProperties(toStruct(error.outputs)).setReasonsList([message]);
  const packed = new anyPb.Any();
  packed.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const status = new statusPb.Status();
  status.setCode(grpc.status.UNKNOWN);
  status.setMessage(message);
  status.addDetails(packed);
  const metadata = new grpc.Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  return { code: grpc.status.UNKNOWN, details: message, metadata };
}
