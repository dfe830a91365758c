/** Everything that a release changes, and nothing else of the stack. */
export const releaseTarget = ["--target", "**quickcart:components:Release**"] as const;

/** Pulumi's own words for what its user can mend; with `STACK` for the stack's name. */
const known: readonly { said: RegExp; means: string }[] = [
  {
    // The file backend's, then the service's.
    said: /the stack is currently locked by|\[409\] Conflict: Another update is currently in progress/,
    means: "another release, or another `pulumi up`, is changing the stack STACK right now. This one has changed nothing: wait for the other, then release again. "
      + "Should the other have been killed: pulumi cancel --stack STACK",
  },
  {
    said: /was not specified in --target list/,
    means: "more than the app has changed since the stack STACK was last brought up, and the release needs it. Nothing of that is in place: bring the whole stack up instead (pulumi up, or `make up` for the local one)",
  },
  {
    said: /no stack named/,
    means: "the stack STACK does not exist yet: bring it up first (pulumi up, or `make up` for the local one)",
  },
  {
    said: /the bundle \S+ cannot be released, and nothing was changed/,
    means: "the bundle was refused before anything was uploaded; see above",
  },
  {
    said: /did not become ready; above is/,
    means: "the release did not pass; see above for the machine and its log. A machine on which the new bundle failed goes on serving the old one, and unless the canary passed, so do all others",
  },
];

/** Why a release failed, in plain words; null when nobody but a reader of the output can tell. */
export function explain(output: string, stack: string): string | null {
  const found = known.find(({ said }) => said.test(output));
  return found === undefined ? null : found.means.replaceAll("STACK", stack);
}
