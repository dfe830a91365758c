import { type CloudName } from "../config.ts";
import { type Cloud, type CloudArgs } from "./cloud.ts";

/** Loads one cloud's resources only: the other's would cost every preview their time. */
export async function chooseCloud(name: CloudName, args: CloudArgs): Promise<Cloud> {
  switch (name) {
    case "digitalocean":
      return (await import("./digitalocean.ts")).digitalocean(args);
    case "linode":
      return (await import("./linode.ts")).linode(args);
  }
}
