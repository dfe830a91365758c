import { StringDecoder } from "node:string_decoder";
import { type Operation } from "../core/resource.ts";

export type Stream = "stdout" | "stderr";
export type Logging = "stdout" | "stderr" | "stdoutAndStderr" | "none";

/** How much of a failed command's output its error shows. */
const shownInError = 4000;

export interface Captured {
  stdout: string;
  stderr: string;
}

/** Collects what a command prints, and shows it line by line while the command runs. */
export interface Capture {
  write(stream: Stream, chunk: Buffer): void;
  end(): Captured;
  /** The end of both streams together, in the order in which they came. */
  tail(): string;
}

export function createCapture(logging: Logging | undefined, log: Operation["log"]): Capture {
  const streams = { stdout: open(), stderr: open() };
  const shown = logging ?? "stdoutAndStderr";
  let together = "";
  const show = (stream: Stream, line: string): void => {
    if (line !== "" && (shown === "stdoutAndStderr" || shown === stream)) log("info", line);
  };
  return {
    write(stream, chunk) {
      const state = streams[stream];
      const text = state.decoder.write(chunk);
      state.text += text;
      together = (together + text).slice(-shownInError);
      const lines = (state.rest + text).split("\n");
      state.rest = lines.pop() ?? "";
      for (const line of lines) show(stream, line.replace(/\r$/, ""));
    },
    end() {
      for (const stream of ["stdout", "stderr"] as const) {
        show(stream, streams[stream].rest);
        streams[stream].rest = "";
      }
      // One line feed is the shell's, not the value's: the official plugin cuts it off.
      return { stdout: streams.stdout.text.replace(/\n$/, ""), stderr: streams.stderr.text.replace(/\n$/, "") };
    },
    tail: () => together.trimEnd(),
  };
}

function open(): { decoder: StringDecoder; text: string; rest: string } {
  return { decoder: new StringDecoder("utf8"), text: "", rest: "" };
}
