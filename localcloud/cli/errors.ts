/** What the person at the terminal can mend; shown without a stack, exit code 1. */
export class UserError extends Error {}

/** The command line itself is wrong: exit code 2. */
export class UsageError extends UserError {}
