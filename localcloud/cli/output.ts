/** Where a verb says what it does. With --json, people's lines go to the standard error and one JSON document to the output. */
export interface Output {
  readonly json: boolean;
  /** Progress and results for people. */
  say(line: string): void;
  /** The verb's result; `lines` for people. */
  result(document: object, lines?: string[]): void;
}

export function createOutput(json: boolean): Output {
  // Not touched before there is something to say: to look at a stream is to make its pipe non-blocking, also for the command
  // that this process may turn into.
  const write = (stream: NodeJS.WriteStream, line: string): void => {
    // Whoever reads may have seen enough, e.g. `head`: that is no failure of ours.
    if (stream.listenerCount("error") === 0) stream.on("error", () => process.exit());
    stream.write(`${line}\n`);
  };
  return {
    json,
    say: (line) => write(json ? process.stderr : process.stdout, line),
    result(document, lines = []) {
      if (json) write(process.stdout, JSON.stringify(document));
      else for (const line of lines) write(process.stdout, line);
    },
  };
}
