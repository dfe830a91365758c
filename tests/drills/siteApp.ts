import type { Drill } from "./drill.ts";

export interface Releases {
  visitors(): Promise<void>;
  real(): Promise<void>;
}

/** Which app the site runs between drills: a release is paid for only when the next drill needs another app than the last one. */
export class SiteApp {
  readonly #releases: Releases;
  #isReal = true;

  constructor(releases: Releases) {
    this.#releases = releases;
  }

  async want(app: Drill["app"]): Promise<void> {
    if (app === "visitors") {
      if (!this.#isReal) return;
      // Before it is known to succeed: half a release must be undone, too.
      this.#isReal = false;
      await this.#releases.visitors();
    } else if (!this.#isReal) {
      await this.#releases.real();
      this.#isReal = true;
    }
  }
}
