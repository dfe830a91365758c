/** What the program packs, and machines run: a Node.js and one file of JavaScript. It needs nothing of the machine but systemd. */
export const bundleContents = ["node", "main.mjs"] as const;

/** Of the archive, in bytes. */
export const bundleSizeLimit = 512 * 1024 * 1024;

/** What the bundle's `node` is started with, in the bundle's folder. */
export const bundleArguments = ["--use-system-ca", "main.mjs"] as const;

/** How long a bundle may take from its start to its first good answer on `healthCheck.path`, in milliseconds. */
export const bundleReadyLimitMs = 60_000;
