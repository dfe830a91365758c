/** What the program packs, and machines run: a Node.js, or a link to the machines' own, and one file of JavaScript. */
export const bundleContents = ["node", "main.mjs"] as const;

/**
 * Where a machine has the Node.js with this hash that its agents run with. As a bundle's `node`, a link to it stands for the
 * program itself: that is 42 MB that a release need not bring to every app server.
 */
export const machineNode = (sha256: string): string => `/opt/quickcart/runtime/node-${sha256}`;

/** Of the archive, in bytes. */
export const bundleSizeLimit = 512 * 1024 * 1024;

/** What the bundle's `node` is started with, in the bundle's folder. */
export const bundleArguments = ["--use-system-ca", "main.mjs"] as const;

/** How long a bundle may take from its start to its first good answer on `healthCheck.path`, in milliseconds. */
export const bundleReadyLimitMs = 60_000;
