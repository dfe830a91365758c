/** Agents log to stdout, which is the journal; it adds time and unit. */
export type Log = (line: string) => void;

/** Says a thing once, until there is something else to say. */
export function transitions(log: Log): Log {
  let last = "";
  return (line) => {
    if (line !== last) log(line);
    last = line;
  };
}
