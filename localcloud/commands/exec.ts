import { existsSync } from "node:fs";
import { join } from "node:path";
import { become } from "../cli/become.ts";
import { type Command, splitCommand } from "../cli/command.ts";
import { UsageError, UserError } from "../cli/errors.ts";
import { CloudIsDown } from "../client.ts";
import { readCredentials } from "../credentials.ts";
import { cloudNamespaceFile } from "../lifecycle/namespaces.ts";
import { namesDir } from "../names/resolution.ts";
import { stateDir } from "../paths.ts";

/** Each file covers the host's own, for this command alone; what the host does not have needs no cover. */
const script = `
for file in resolv.conf hosts nsswitch.conf; do
  if [ -e "/etc/$file" ]; then mount --bind "$1/$file" "/etc/$file" || exit 125; fi
done
shift
exec "$@"
`;

export const exec: Command = {
  summary: "run a command where the providers' names are the local cloud's",
  usage: ["-- COMMAND [ARGUMENT...]"],
  help: [
    "The command runs in the cloud's network, from 198.18.0.1, with its DNS, its certificate authority and credentials that may",
    "do everything (DIGITALOCEAN_TOKEN, SPACES_ACCESS_KEY_ID, SPACES_SECRET_ACCESS_KEY) in its environment; the real internet",
    "is not there. Terminal, signals and exit code are the command's own.",
    "",
    "  localcloud exec -- pulumi up",
    "  localcloud exec -- curl -s https://api.digitalocean.com/v2/account -H \"Authorization: Bearer $TOKEN\"",
  ],
  async run(args) {
    const { before, command } = splitCommand(args);
    if (before.length > 0) throw new UsageError(`write "--" before the command: localcloud exec -- ${before.join(" ")}`);
    if (command.length === 0) throw new UsageError("the command is missing");
    if (process.getuid?.() !== 0) throw new UserError("entering the cloud's network takes root");
    if (!existsSync(cloudNamespaceFile)) throw new CloudIsDown();
    const credentials = await readCredentials();
    if (credentials === null) throw new UserError("the cloud has no credentials yet; wait for `localcloud up` to end, or run it again");
    become(
      // Mounts that go away on the host go away here too, else a long-lived command would hold machines' disks.
      ["nsenter", `--net=${cloudNamespaceFile}`, "--", "unshare", "--mount", "--propagation", "slave", "--", "sh", "-c", script, "sh", namesDir, ...command],
      { ...withoutProxies(process.env), ...trust(), ...credentials },
    );
  },
};

/** Every common client's own word for "trust these". */
function trust(): Record<string, string> {
  const ca = join(stateDir, "ca.crt");
  return { SSL_CERT_FILE: ca, AWS_CA_BUNDLE: ca, NODE_EXTRA_CA_CERTS: ca, CURL_CA_BUNDLE: ca, REQUESTS_CA_BUNDLE: ca };
}

/** A proxy of the host cannot be reached from inside. */
function withoutProxies(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(https?|all|ftp|no)_proxy$/i.test(name)));
}
