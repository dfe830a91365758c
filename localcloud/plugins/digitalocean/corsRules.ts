import { z } from "zod";
import { s3Namespace, findAll, findText, parseXml, renderXml, type XmlNode, type XmlSpec } from "./xml.ts";

const strings = z.array(z.string());

export const corsRule = z.object({
  id: z.string().optional(),
  allowedMethods: strings,
  allowedOrigins: strings,
  allowedHeaders: strings.optional(),
  exposeHeaders: strings.optional(),
  maxAgeSeconds: z.int().optional(),
});
export type CorsRule = z.infer<typeof corsRule>;

export function renderCors(rules: CorsRule[]): string {
  const each = (name: string, values: string[] | undefined): XmlSpec[] => (values ?? []).map((value) => [name, value]);
  return renderXml(["CORSConfiguration", rules.map((rule): XmlSpec => ["CORSRule", [
    ...(rule.id === undefined ? [] : [["ID", rule.id] as const]),
    ...each("AllowedOrigin", rule.allowedOrigins),
    ...each("ExposeHeader", rule.exposeHeaders),
    ...(rule.maxAgeSeconds === undefined ? [] : [["MaxAgeSeconds", rule.maxAgeSeconds] as const]),
    ...each("AllowedHeader", rule.allowedHeaders),
    ...each("AllowedMethod", rule.allowedMethods),
  ]])], s3Namespace);
}

export function parseCors(text: string): CorsRule[] {
  return findAll(parseXml(text), "CORSRule").map((rule) => {
    const list = (name: string): string[] => findAll(rule, name).map((node: XmlNode) => node.text.trim());
    const age = findText(rule, "MaxAgeSeconds");
    const id = findText(rule, "ID");
    return {
      allowedMethods: list("AllowedMethod"),
      allowedOrigins: list("AllowedOrigin"),
      ...(list("AllowedHeader").length > 0 ? { allowedHeaders: list("AllowedHeader") } : {}),
      ...(list("ExposeHeader").length > 0 ? { exposeHeaders: list("ExposeHeader") } : {}),
      ...(age === undefined ? {} : { maxAgeSeconds: Number(age) }),
      ...(id === undefined ? {} : { id }),
    };
  });
}
