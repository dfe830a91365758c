/** Shorter texts ("on", "443") would black out half of a log and are no secrets worth the name. */
const shortest = 6;

/** Blacks out secrets in what people will read: log lines and error messages. */
export function redact(text: string, secrets: Iterable<string>): string {
  let clean = text;
  for (const secret of secrets) {
    for (const line of [secret, ...secret.split("\n")]) {
      const needle = line.trim();
      if (needle.length >= shortest) clean = clean.replaceAll(needle, "[secret]");
    }
  }
  return clean;
}
