import { type Resource } from "@pulumi/pulumi";
import { type Options } from "./cloud.ts";

/** The seam's options as Pulumi wants them: mutable. */
export function pulumiOptions({ parent, dependsOn = [] }: Options): { parent: Resource; dependsOn: Resource[] } {
  return { parent, dependsOn: [...dependsOn] };
}
