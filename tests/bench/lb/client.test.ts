import { createSecureContext } from "node:tls";
import { parseSchedstat } from "../../../bench/lb/cpu.ts";
import { Answer1 } from "../../../bench/lb/http1.ts";
import { frame, Frames, headerBlock } from "../../../bench/lb/http2.ts";
import { Visitors } from "../../../bench/lb/visitors.ts";

const head = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n";

describe("an answer of HTTP/1.1", () => {
  it.each([
    ["in one piece", [`${head}12345`]],
    ["head, then body", [head, "12345"]],
    ["cut within the head", [head.slice(0, 20), `${head.slice(20)}1`, "2345"]],
    ["cut between the head's last two bytes", [head.slice(0, -1), "\n12345"]],
  ])("%s ends with its last byte", (_, chunks) => {
    const answer = new Answer1(5);
    expect(chunks.map((chunk) => answer.take(Buffer.from(chunk)))).toEqual(chunks.map((_chunk, index) => index === chunks.length - 1));
    expect(answer.take(Buffer.from(`${head}12345`))).toBe(true);
  });

  it("of another status or length is refused", () => {
    expect(() => new Answer1(5).take(Buffer.from("HTTP/1.1 503 no\r\n\r\n"))).toThrow("answered with: HTTP/1.1 503 no");
    expect(() => new Answer1(4).take(Buffer.from(`${head}12345`))).toThrow("1 bytes more than 4");
  });
});

describe("HTTP/2", () => {
  it("frames come out as they went in, however they are cut", () => {
    const sent = [frame(4, 0, 0, Buffer.from("settings")), frame(0, 1, 7, Buffer.from("body")), frame(6, 0, 0)];
    const bytes = Buffer.concat(sent);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const seen: string[] = [];
      const frames = new Frames();
      for (const chunk of [bytes.subarray(0, cut), bytes.subarray(cut)]) frames.take(chunk, ({ type, flag, stream, payload }) => seen.push(`${type} ${flag} ${stream} ${payload.toString()}`));
      expect(seen).toEqual(["4 0 0 settings", "0 1 7 body", "6 0 0 "]);
    }
  });

  it("a request begins with its method, scheme, path and host", () => {
    const block = headerBlock({ port: 1, hostName: "www.example.com", path: "/1", bytes: 1, context: createSecureContext() });
    expect(block.toString("latin1").startsWith("\x82\x87\x04\x02/1\x01\x0fwww.example.com")).toBe(true);
  });
});

describe("visitors", () => {
  it("ask while it is their turn, and fall silent at its end", async () => {
    const visitors = new Visitors(2);
    const ask = (): void => {
      setImmediate(() => {
        visitors.answered();
        visitors.want(ask);
      });
    };
    visitors.want(ask);
    visitors.want(ask);
    await visitors.ready;
    expect(visitors.answers).toBe(0);
    await visitors.turn(5);
    const { answers } = visitors;
    expect(answers).toBeGreaterThan(2);
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(visitors.answers).toBe(answers);
    await visitors.turn(5);
    expect(visitors.answers).toBeGreaterThan(answers);
  });
});

test("a thread's CPU time is the first figure of its schedstat", () => {
  expect(parseSchedstat("1135434 125897 3\n")).toBe(0.001135434);
  expect(() => parseSchedstat("")).toThrow("schedstat cannot be read");
});
