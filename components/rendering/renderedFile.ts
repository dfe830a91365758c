export interface RenderedFile {
  path: string;
  permissions: "0600" | "0644" | "0755";
  content: string;
}

export const file = (path: string, content: string): RenderedFile => ({ path, permissions: "0644", content });
export const secret = (path: string, content: string): RenderedFile => ({ path, permissions: "0600", content });
export const script = (path: string, content: string): RenderedFile => ({ path, permissions: "0755", content });
export const unit = (name: string, content: string): RenderedFile => file(`/etc/systemd/system/${name}.service`, content);
