/** The stack: its settings in, one QuickCart, its outputs out. */
import { join } from "node:path";
import { RunError, getStack, log, output, runtime, secret } from "@pulumi/pulumi";
import { BundleError, buildArtifacts } from "./components/artifacts.ts";
import { chooseCloud } from "./components/cloud/choose.ts";
import { type SecretSettings, parseSettings } from "./components/config.ts";
import { databaseWarning } from "./components/database/settings.ts";
import { machineOutputs } from "./components/outputs.ts";
import { QuickCart, type Secrets } from "./components/quickcart.ts";
import { ConfigError } from "./components/settingErrors.ts";
import { certificateWarning } from "./components/siteCertificate.ts";

// Pulumi takes a stack trace at every resource, and looks for source maps in each line of it. Types that are merely left out
// need none, and a run of hundreds of resources is a second and a half shorter.
Reflect.deleteProperty(Error, "prepareStackTrace");

const { secrets, ...settings } = readSettings();
for (const warning of [certificateWarning(settings, new Date()), databaseWarning(settings.database)]) {
  if (warning !== null) await log.warn(warning);
}
const artifacts = await buildArtifacts(join(import.meta.dirname, "dist", "artifacts"), settings.app.bundle).catch(plainly);
const cloud = await chooseCloud(settings.cloud, settings);
const quickcart = new QuickCart("quickcart", { settings, secrets: guarded(secrets), cloud, artifacts });

export const { siteName, region } = settings;
export const url = `https://${settings.hostName}/`;
export const { floatingAddress } = quickcart.loadBalancers;
export const bucket = quickcart.storage.machineAccess.bucket;
export const backupBucket = quickcart.backups.bucket;
export const machines = machineOutputs(quickcart);
export const bastionAddresses = quickcart.bastions.machines.map(({ server }) => server.publicAddress);
export const sshPrivateKey = quickcart.certificates.loginPrivateKey;
/** What clients of the site must trust; null when the stack was given a certificate, which they trust already. */
export const caCertificate = settings.certificateEnds === null ? quickcart.certificates.caCertificate : null;

/** What its user can mend is said without a stack trace. */
function readSettings() {
  try {
    return parseSettings(getStack(), runtime.allConfig());
  } catch (error) {
    if (error instanceof ConfigError) throw new RunError(error.message);
    throw error;
  }
}

function plainly(error: unknown): never {
  if (error instanceof BundleError) throw new RunError(error.message);
  throw error;
}

/** Also where their owner stored them in plain text, they reach the state encrypted. */
function guarded({ addressToken, fenceToken, tls }: SecretSettings): Secrets {
  return {
    addressToken: secret(addressToken), fenceToken: fenceToken === null ? null : secret(fenceToken),
    tls: tls === null ? null : { chain: output(tls.chain), key: secret(tls.key) },
  };
}
