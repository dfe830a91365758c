import { type Plugin } from "../core/resource.ts";
import { type Api, createApi } from "./api.ts";
import { dropletResource } from "./droplet.ts";
import { firewallResource } from "./firewall.ts";
import { functions } from "./functions.ts";
import { type Http, send } from "./http.ts";
import { type Clock, realClock } from "./pace.ts";
import { reservedIpResource } from "./reservedIp.ts";
import { readSettings } from "./settings.ts";
import { createSpaces, type Spaces } from "./spaces.ts";
import { bucketResource } from "./spacesBucket.ts";
import { bucketCorsResource, bucketPolicyResource } from "./spacesBucketExtras.ts";
import { objectResource } from "./spacesObject.ts";
import { restResources } from "./tables.ts";

/** Speaks to the local cloud exactly as the official plugin speaks to DigitalOcean, and to nothing else. */
export function digitalocean(environment: NodeJS.ProcessEnv, http: Http = send, clock: Clock = realClock): Plugin {
  let configured: { api: Api; spaces: Spaces } | null = null;
  const cloud = (): { api: Api; spaces: Spaces } => {
    if (!configured) throw new Error("the engine has not configured the digitalocean plugin yet");
    return configured;
  };
  const api = (): Api => cloud().api;
  const spaces = (): Spaces => cloud().spaces;
  return {
    name: "digitalocean",
    version: "4.80.1",
    secretSettings: ["token", "spacesAccessId", "spacesSecretKey"],
    async configure(given) {
      const settings = readSettings(given, environment);
      configured = { api: createApi(settings, http, clock), spaces: createSpaces(settings, http, clock) };
    },
    resources: {
      ...restResources(api),
      "digitalocean:index/droplet:Droplet": dropletResource(api),
      "digitalocean:index/firewall:Firewall": firewallResource(api),
      "digitalocean:index/reservedIp:ReservedIp": reservedIpResource(api),
      "digitalocean:index/spacesBucket:SpacesBucket": bucketResource(spaces),
      "digitalocean:index/spacesBucketCorsConfiguration:SpacesBucketCorsConfiguration": bucketCorsResource(spaces),
      "digitalocean:index/spacesBucketObject:SpacesBucketObject": objectResource(spaces),
      "digitalocean:index/spacesBucketPolicy:SpacesBucketPolicy": bucketPolicyResource(spaces),
    },
    functions: functions(api),
  };
}
