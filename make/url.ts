import { tell } from "../localcloud/client.ts";
import { curlCommand, readSite, sitePort, siteUrl } from "./site.ts";
import { runTarget, UserError } from "./steps.ts";

/** What is published is the truth; the port of the environment may be another's run. */
await runTarget(async () => {
  const site = readSite();
  const published = await tell("status", {}).then((status) => status.published.filter(({ to }) => to === `${site?.floatingAddress ?? ""}:443`), () => []);
  const [first] = published;
  if (first === undefined) throw new UserError("the site is not published on this machine; `make up` does that");
  const asked = published.find(({ port }) => port === sitePort()) ?? first;
  const url = siteUrl(asked.port);
  process.stdout.write(`${url}\n${curlCommand(url)}\n`);
});
