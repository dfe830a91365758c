import { z } from "zod";
import { stackOutputs } from "../../make/stack.ts";
import { api } from "./cloud.ts";
import type { Target } from "./visitors/messages.ts";

const outputsSchema = z.object({ floatingAddress: z.ipv4(), url: z.url(), caCertificate: z.string() });

/** The site as the stack's outputs describe it: whom to ask, by what name, and whom to trust. */
export async function readSite(): Promise<Target> {
  const { floatingAddress, url, caCertificate } = await stackOutputs(outputsSchema);
  return { address: floatingAddress, port: 443, hostName: new URL(url).hostname, ca: caCertificate };
}

const reservedSchema = z.object({ reserved_ip: z.object({ droplet: z.object({ id: z.number(), name: z.string() }).nullable() }) });

/** The name of the load balancer that the cloud sends the floating address's packets to; null when it sends them nowhere. */
export async function holder(site: Target): Promise<string | null> {
  const { status, body } = await api("GET", `/v2/reserved_ips/${site.address}`);
  if (status !== 200) throw new Error(`GET /v2/reserved_ips/${site.address}: status ${status}`);
  return reservedSchema.parse(body).reserved_ip.droplet?.name ?? null;
}

const actionsSchema = z.object({ actions: z.array(z.object({ id: z.number(), type: z.string(), status: z.string() })) });

/** Every time the cloud was told to move the floating address, and did, newest first: compare the numbers before and after. */
export async function moves(site: Target): Promise<number[]> {
  const { status, body } = await api("GET", `/v2/reserved_ips/${site.address}/actions?per_page=200`);
  if (status !== 200) throw new Error(`GET /v2/reserved_ips/${site.address}/actions: status ${status}`);
  return actionsSchema.parse(body).actions.filter(({ type, status: state }) => type === "assign_ip" && state !== "errored").map(({ id }) => id);
}

/** How often the address was moved since `moves()` said `before`. The cloud forgets old actions, so it is not their number that counts. */
export async function movesSince(site: Target, before: readonly number[]): Promise<number> {
  const latest = Math.max(0, ...before);
  return (await moves(site)).filter((id) => id > latest).length;
}
