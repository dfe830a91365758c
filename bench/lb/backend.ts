/** Sizes of answers' bodies, in bytes. */
export const sizes = [1024, 30 * 1024] as const;

const bodyPath = (bytes: number): string => `/etc/bench/${bytes}`;

/** By path. */
export const bodies: Record<string, string> = Object.fromEntries(sizes.map((bytes) => [bodyPath(bytes), "quickcart ".repeat(bytes).slice(0, bytes)]));

/** Answers from memory, so that it takes less time than what is measured; HAProxy itself is quicker at this than any app. */
export function backendConfiguration(port: number): string {
  const answers = sizes.map((bytes) => `  http-request return status 200 content-type text/html file ${bodyPath(bytes)} if { path /${bytes} }`);
  return `global
  nbthread 1
  # An answer must fit.
  tune.bufsize ${Math.max(...sizes) * 2}
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend app
  bind :${port}
${answers.join("\n")}
  # To health checks.
  http-request return status 200
`;
}
