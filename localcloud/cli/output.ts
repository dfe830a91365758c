/** Where a verb says what it does. With --json, people's lines go to the standard error and one JSON document to the output. */
export interface Output {
  readonly json: boolean;
  /** Progress and results for people. */
  say(line: string): void;
  /** The verb's result; `lines` for people. */
  result(document: object, lines?: string[]): void;
}

export function createOutput(json: boolean): Output {
  const write = (stream: NodeJS.WriteStream, line: string): void => void stream.write(`${line}\n`);
  return {
    json,
    say: (line) => write(json ? process.stderr : process.stdout, line),
    result(document, lines = []) {
      if (json) write(process.stdout, JSON.stringify(document));
      else for (const line of lines) write(process.stdout, line);
    },
  };
}
