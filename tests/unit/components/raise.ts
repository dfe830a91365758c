/** Runs the whole program against Pulumi's mocks, and keeps what it registered: inputs, dependencies, options, order. */
import * as pulumi from "@pulumi/pulumi";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb.js";
import { type Artifacts } from "../../../components/artifacts.ts";
import { chooseCloud } from "../../../components/cloud/choose.ts";
import { parseSettings } from "../../../components/config.ts";
import { QuickCart } from "../../../components/quickcart.ts";

export interface Registered {
  type: string;
  name: string;
  /** As the engine would see them; a secret is wrapped, `plain` unwraps it. */
  inputs: Record<string, unknown>;
  /** Names of the inputs that hold a secret somewhere. */
  secrets: string[];
  parent: string;
  /** Names (of any type) that this one waits for. */
  dependsOn: string[];
  /** Names of those that its inputs are made of. One that is deleted before it is replaced takes these with it, where they must be replaced for it. */
  madeOf: string[];
  deleteBeforeReplace: boolean;
  protect: boolean;
  ignoreChanges: string[];
  replaceOnChanges: string[];
  additionalSecretOutputs: string[];
}

export interface Raised {
  resources: Registered[];
  quickcart: QuickCart;
  /** The one with this name and this type's last word. */
  the(type: string, name: string): Registered;
  all(type: string): Registered[];
}

export const hashes = { runtime: "1".repeat(64), topology: "2".repeat(64), release: "3".repeat(64), app: "4".repeat(64), lb: "5".repeat(64), redis: "6".repeat(64), fence: "7".repeat(64), backup: "8".repeat(64), proof: "9".repeat(64) } as const;

export const artifacts: Artifacts = {
  runtime: { key: `runtime/node-${hashes.runtime}.zst`, path: "/build/node.zst", sha256: hashes.runtime },
  agents: {
    topology: { key: `agents/topology-${hashes.topology}.mjs`, path: "/build/topology.mjs", sha256: hashes.topology },
    release: { key: `agents/release-${hashes.release}.mjs`, path: "/build/release.mjs", sha256: hashes.release },
    lb: { key: `agents/lb-${hashes.lb}.mjs`, path: "/build/lb.mjs", sha256: hashes.lb },
    redis: { key: `agents/redis-${hashes.redis}.mjs`, path: "/build/redis.mjs", sha256: hashes.redis },
    fence: { key: `agents/fence-${hashes.fence}.mjs`, path: "/build/fence.mjs", sha256: hashes.fence },
    backup: { key: `agents/backup-${hashes.backup}.mjs`, path: "/build/backup.mjs", sha256: hashes.backup },
    proof: { key: `agents/proof-${hashes.proof}.mjs`, path: "/build/proof.mjs", sha256: hashes.proof },
  },
  app: { key: `app/${hashes.app}.tar.zst`, path: "/build/app.tar.zst", sha256: hashes.app },
};

/** What a cloud would answer: addresses count up in the order in which machines are made. */
function answers() {
  let machines = 0;
  return ({ type, name, inputs, custom }: pulumi.runtime.MockResourceArgs): pulumi.runtime.MockResourceResult => {
    const state = { ...(inputs as Record<string, unknown>) };
    switch (type) {
      case "digitalocean:index/droplet:Droplet": {
        machines += 1;
        const outside = state["publicNetworking"] === true ? `198.18.1.${String(machines)}` : "";
        return { id: String(1000 + machines), state: { ...state, ipv4AddressPrivate: `10.10.0.${String(machines + 1)}`, ipv4Address: outside } };
      }
      case "linode:index/instance:Instance": {
        machines += 1;
        const given = state["interfaces"] as { purpose: string }[];
        const interfaces = given.map((one) => one.purpose === "vpc" ? { ...one, ipv4: { vpc: `10.10.${String(machines)}.2` } } : one);
        // After a refresh an instance lists the address that it has claimed; in which place is nowhere promised.
        const claimed = name === "lb-1" ? ["198.19.0.2"] : [];
        return { id: String(2000 + machines), state: { ...state, interfaces, ipv4s: ["192.168.130.9", ...claimed, `198.18.2.${String(machines)}`] } };
      }
      case "digitalocean:index/sshKey:SshKey": return { id: "7", state: { ...state, fingerprint: "aa:bb" } };
      case "digitalocean:index/spacesBucket:SpacesBucket": return { id: name, state: { ...state, endpoint: "fra1.digitaloceanspaces.com" } };
      case "linode:index/objectStorageBucket:ObjectStorageBucket": return { id: name, state: { ...state, s3Endpoint: "de-fra-1.linodeobjects.com" } };
      case "digitalocean:index/spacesKey:SpacesKey":
      case "linode:index/objectStorageKey:ObjectStorageKey": return { id: name, state: { ...state, accessKey: `ACCESS-${name}`, secretKey: `SECRET-${name}` } };
      case "random:index/randomId:RandomId": return { id: "AAAA", state: { ...state, hex: "c0ffee00" } };
      case "tls:index/privateKey:PrivateKey":
        return { id: name, state: { ...state, publicKeyOpenssh: "ssh-ed25519 AAAA\n", privateKeyOpenssh: `OPENSSH-${name}`, privateKeyPem: `PEM-${name}`, privateKeyPemPkcs8: pem("PRIVATE KEY", `PKCS8/${name}`) } };
      case "tls:index/selfSignedCert:SelfSignedCert": return { id: name, state: { ...state, certPem: pem("CERTIFICATE", name) } };
      case "tls:index/certRequest:CertRequest": return { id: name, state: { ...state, certRequestPem: pem("CERTIFICATE REQUEST", name) } };
      case "tls:index/locallySignedCert:LocallySignedCert": return { id: name, state: { ...state, certPem: pem("CERTIFICATE", name) } };
      case "random:index/randomPassword:RandomPassword": return { id: "none", state: { ...state, result: `RANDOM${name.replaceAll("-", "")}`.padEnd(Number(state["length"]), "x") } };
      case "digitalocean:index/reservedIp:ReservedIp": return { id: name, state: { ...state, ipAddress: "198.19.0.1" } };
      case "linode:index/networkingIp:NetworkingIp": return { id: name, state: { ...state, address: "198.19.0.2" } };
      default: return { id: custom === false ? undefined : numericId(name), state };
    }
  };
}

/** Looks like one; says in the clear what it stands for. */
function pem(label: string, text: string): string {
  return `-----BEGIN ${label}-----\n${text.replaceAll("-", "/")}\n-----END ${label}-----\n`;
}

/** In a first preview the engine knows nothing but what the program said. */
function unanswered({ inputs }: pulumi.runtime.MockResourceArgs): pulumi.runtime.MockResourceResult {
  return { id: undefined, state: inputs as Record<string, unknown> };
}

/** Linode's ids are numbers, and its resources refer to each other by them. */
function numericId(name: string): string {
  return String([...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 100_000, 7));
}

/** What a stack must say, whichever its cloud. */
export const required = {
  "quickcart:adminCidrs": '["203.0.113.7/32"]', "quickcart:hostName": "www.example.com", "quickcart:addressToken": "TOKEN-of-the-address",
} as const;

export async function raise(config: Record<string, string>, { stack = "test", preview = false } = {}): Promise<Raised> {
  const resources = await record(stack, preview);
  const { secrets, ...settings } = parseSettings(stack, { ...required, ...config });
  const cloud = await chooseCloud(settings.cloud, settings);
  const quickcart = new QuickCart("quickcart", {
    settings, cloud, artifacts,
    secrets: {
      addressToken: pulumi.secret(secrets.addressToken), fenceToken: secrets.fenceToken === null ? null : pulumi.secret(secrets.fenceToken),
      tls: secrets.tls && { chain: pulumi.output(secrets.tls.chain), key: pulumi.secret(secrets.tls.key) },
    },
  });
  await pulumi.runtime.disconnect();
  return {
    resources,
    quickcart,
    the(type, name) {
      const found = resources.filter((one) => one.type.endsWith(`:${type}`) && one.name === name);
      if (found.length !== 1 || found[0] === undefined) {
        throw new Error(`${String(found.length)} resources ${type} ${name}; there are ${resources.map((one) => `${one.type} ${one.name}`).join(", ")}`);
      }
      return found[0];
    },
    all: (type) => resources.filter((one) => one.type.endsWith(`:${type}`)),
  };
}

/** Sets the mocks, and looks at every registration on its way: mocks are not told of options. */
export async function record(stack: string, preview: boolean): Promise<Registered[]> {
  const resources: Registered[] = [];
  await pulumi.runtime.setMocks({ newResource: preview ? unanswered : answers(), call: () => ({}) }, "quickcart", stack, preview);
  const monitor = pulumi.runtime.getMonitor() as unknown as { registerResource(request: RegisterResourceRequest, ...rest: unknown[]): unknown };
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, ...rest) => {
    resources.push(registered(request));
    return register(request, ...rest);
  };
  return resources;
}

function registered(request: RegisterResourceRequest): Registered {
  const inputs = (request.getObject()?.toJavaScript() ?? {}) as Record<string, unknown>;
  return {
    type: request.getType(),
    name: request.getName(),
    inputs,
    secrets: Object.keys(inputs).filter((key) => holdsSecret(inputs[key])),
    parent: nameOf(request.getParent()),
    dependsOn: request.getDependenciesList().map(nameOf),
    madeOf: [...request.getPropertydependenciesMap().entries()].flatMap(([, dependencies]) => dependencies.getUrnsList().map(nameOf)),
    deleteBeforeReplace: request.getDeletebeforereplace(),
    protect: request.getProtect() === true,
    ignoreChanges: request.getIgnorechangesList(),
    replaceOnChanges: request.getReplaceonchangesList(),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
  };
}

function nameOf(urn: string): string {
  return urn.split("::").at(-1) ?? "";
}

/** How Pulumi marks a secret on the wire. */
const signature = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

function isSecret(value: object): value is { value: unknown } {
  return Reflect.get(value, signature) === secretSignature;
}

function holdsSecret(value: unknown): boolean {
  return typeof value === "object" && value !== null && (isSecret(value) || Object.values(value).some(holdsSecret));
}

/** The value without its secret wrappings. */
export function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (isSecret(value)) return plain(value.value);
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

export function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply(resolve));
}
