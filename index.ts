/** The stack: its settings in, one QuickCart, its outputs out. */
import { join } from "node:path";
import { RunError, getStack, runtime } from "@pulumi/pulumi";
import { buildArtifacts } from "./components/artifacts.ts";
import { chooseCloud } from "./components/cloud/choose.ts";
import { ConfigError, parseSettings } from "./components/config.ts";
import { machineOutputs, urlCommand as commandFor } from "./components/outputs.ts";
import { QuickCart } from "./components/quickcart.ts";

const settings = readSettings();
const artifacts = await buildArtifacts(join(import.meta.dirname, "dist", "artifacts"));
const cloud = await chooseCloud(settings.cloud, settings);
const quickcart = new QuickCart("quickcart", { settings, cloud, artifacts });

export const { siteName, region } = settings;
export const bucket = quickcart.storage.machineAccess.bucket;
export const machines = machineOutputs(quickcart);
export const bastionAddresses = quickcart.bastions.machines.map(({ server }) => server.publicAddress);
export const sshPrivateKey = quickcart.certificates.loginPrivateKey;
export const caCertificate = quickcart.certificates.caCertificate;
export const urlCommand = commandFor(quickcart, settings);

/** What its user can mend is said without a stack trace. */
function readSettings() {
  try {
    return parseSettings(getStack(), runtime.allConfig());
  } catch (error) {
    if (error instanceof ConfigError) throw new RunError(error.message);
    throw error;
  }
}
