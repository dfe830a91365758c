/** As much XML as S3 speaks: elements and text, no mixed content, attributes ignored. */
export interface XmlNode {
  name: string;
  text: string;
  children: XmlNode[];
}

const token = /<\?[^>]*\?>|<!--[\s\S]*?-->|<(\/?)([\w:.-]+)[^>]*?(\/?)>|([^<]+)/g;

export function parseXml(text: string): XmlNode {
  const root: XmlNode = { name: "", text: "", children: [] };
  const open: XmlNode[] = [root];
  for (const [, closing, name, selfClosing, content] of text.matchAll(token)) {
    const current = open.at(-1) ?? root;
    if (content !== undefined) {
      current.text += unescape(content);
    } else if (closing === "/") {
      open.pop();
    } else if (name !== undefined) {
      const node: XmlNode = { name, text: "", children: [] };
      current.children.push(node);
      if (selfClosing !== "/") open.push(node);
    }
  }
  return root;
}

/** Every element of that name, however deep. */
export function findAll(node: XmlNode, name: string): XmlNode[] {
  return node.children.flatMap((child) => (child.name === name ? [child] : findAll(child, name)));
}

export function findText(node: XmlNode, name: string): string | undefined {
  return findAll(node, name)[0]?.text.trim();
}

/** `["Rule", [["Status", "Enabled"]]]`: an element with its text or its elements; what is undefined is left out. */
export type XmlSpec = readonly [name: string, content: string | number | readonly (XmlSpec | undefined)[]];

export function renderXml([name, content]: XmlSpec, attributes = ""): string {
  const inner = Array.isArray(content)
    ? (content as readonly (XmlSpec | undefined)[]).map((child) => (child ? renderXml(child) : "")).join("")
    : escape(String(content));
  return `<${name}${attributes}>${inner}</${name}>`;
}

export const s3Namespace = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", "#34": '"', "#39": "'", "#xD": "\r", "#13": "\r" };

function unescape(text: string): string {
  return text.replace(/&([#\w]+);/g, (whole, name: string) => entities[name] ?? whole);
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&#34;").replaceAll("'", "&#39;");
}
