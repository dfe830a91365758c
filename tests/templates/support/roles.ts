import type { AppRole, BastionRole, Common } from "../../../components/userData.ts";

const hash = (digit: string): string => digit.repeat(64);

/** Nothing in here is a secret of anybody. */
export const common: Common = {
  name: "machine-1",
  stack: "local",
  cloud: "digitalocean",
  timeZone: "Asia/Jakarta",
  storage: {
    endpoint: "fra1.digitaloceanspaces.com", region: "fra1", bucket: "quickcart-local-private",
    accessKey: "DO00EXAMPLEEXAMPLE00", secretKey: "example/example+example0123456789example012",
  },
  runtime: `runtime/node-${hash("1")}.zst`,
  agents: { topology: `agents/topology-${hash("2")}.mjs`, release: `agents/release-${hash("3")}.mjs`, lb: `agents/lb-${hash("4")}.mjs` },
};

export const bastion: BastionRole = { ...common, name: "bastion-1", tier: "bastion", gateway: 1 };
export const app: AppRole = { ...common, name: "app-1", tier: "app", egress: "bastions", port: 3000 };

/** Every shape that user-data can take. */
export const roles = {
  "bastion-1": bastion,
  "bastion-2": { ...bastion, name: "bastion-2", gateway: 2 },
  "app-1": app,
  "app-behind-nat-gateway": { ...app, egress: "natGateway" },
  "linode-bastion-1": { ...bastion, cloud: "linode" },
  "linode-app-1": { ...app, cloud: "linode" },
} as const satisfies Record<string, BastionRole | AppRole>;
