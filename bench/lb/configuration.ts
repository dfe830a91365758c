/** HAProxy's configuration as far as it must be understood to take lines out of it. */

export interface Section {
  /** `global`, `defaults`, `frontend`, `backend`, … */
  kind: string;
  /** The whole first line, e.g. `frontend https`. */
  head: string;
  /** Without comments, empty lines and indentation. */
  lines: string[];
}

const kinds = ["global", "defaults", "frontend", "backend", "listen", "resolvers", "peers", "userlist", "cache", "ring", "log-forward", "http-errors", "mailers", "program"];

export function parseConfiguration(text: string): Section[] {
  const sections: Section[] = [];
  for (const raw of text.split("\n")) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const kind = line.split(/\s/)[0] ?? "";
    if (kinds.includes(kind) && !/^\s/.test(raw)) sections.push({ kind, head: line, lines: [] });
    else {
      const section = sections.at(-1);
      if (section === undefined) throw new Error(`HAProxy's configuration begins with a line outside of any section: ${line}`);
      section.lines.push(line);
    }
  }
  return sections;
}

export function formatConfiguration(sections: readonly Section[]): string {
  return sections.map(({ head, lines }) => `${[head, ...lines.map((line) => `  ${line}`)].join("\n")}\n`).join("\n");
}

/** The sections that a visitor's request passes: settings for all, the frontend that speaks TLS, its backend. */
export function onPath(sections: readonly Section[]): Section[] {
  const frontend = sections.find(({ kind, lines }) => kind === "frontend" && lines.some((line) => /^bind\s.*\sssl\s/.test(line)));
  if (frontend === undefined) throw new Error("HAProxy's configuration has no frontend that binds with `ssl`");
  const names = frontend.lines.flatMap((line) => /^(?:default|use)_backend\s+(\S+)/.exec(line)?.slice(1) ?? []);
  return sections.filter((section) =>
    section === frontend || section.kind === "global" || section.kind === "defaults" || (section.kind === "backend" && names.includes(section.head.split(/\s+/)[1] ?? "")));
}
