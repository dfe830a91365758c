/** What several settings are made of; each says what is allowed. */
import { z } from "zod";

export function text(allowed: string, accepts: (value: string) => boolean) {
  return z.string(allowed).refine(accepts, allowed);
}

export function wholeNumber(from: number, to: number, why = "") {
  const allowed = `a whole number from ${String(from)} to ${String(to)}${why}`;
  return z.int(allowed).min(from, allowed).max(to, allowed);
}

export const size = text("a size of the cloud, such as s-1vcpu-1gb or g6-standard-2", (value) => /^[a-z0-9][a-z0-9_.-]*$/.test(value));

/** Set only beside a size of which the program does not know what it holds. */
export const vcpus = wholeNumber(1, 256, ", of a size that is not known here");
export const memoryGiB = wholeNumber(1, 1024, ", of a size that is not known here");
