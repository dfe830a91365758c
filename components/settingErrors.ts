export const namespace = "quickcart";

export interface SettingError {
  /** With its namespace, such as `quickcart:app.count`. */
  readonly key: string;
  /** `missing`: nobody but the stack's owner can say it. */
  readonly kind: "missing" | "wrong" | "unknown";
  /** What was given, where that may be shown, and what is allowed. */
  readonly problem: string;
}

/** Everything that is wrong with a stack's settings. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly errors: readonly SettingError[];

  constructor(stack: string, errors: readonly SettingError[]) {
    super(`${String(errors.length)} wrong setting${errors.length === 1 ? "" : "s"} in stack ${stack} ` +
      `(Pulumi.${stack}.yaml, or \`pulumi config set\`):\n${errors.map(({ key, problem }) => `  ${key}: ${problem}`).join("\n")}`);
    this.errors = errors;
  }
}

/** Never shown: they are secrets, or pages of PEM. */
const unshown: readonly unknown[] = ["addressToken", "fenceToken", "certificate", "certificateKey"];

/** @param given undefined when it is not set at all */
export function wrongValue(path: readonly PropertyKey[], given: unknown, allowed: string): SettingError {
  const key = keyOf(path);
  if (given === undefined) return { key, kind: "missing", problem: `not set; allowed: ${allowed}` };
  const got = unshown.includes(path[0]) ? "got something else (not shown)" : `got ${JSON.stringify(given)}`;
  return { key, kind: "wrong", problem: `${got}; allowed: ${allowed}` };
}

/** @example keyOf(["adminCidrs", 0]) is `quickcart:adminCidrs[0]` */
export function keyOf(path: readonly PropertyKey[]): string {
  const [first, ...rest] = path;
  return rest.reduce<string>((key, step) => key + (typeof step === "number" ? `[${String(step)}]` : `.${String(step)}`), `${namespace}:${String(first)}`);
}
