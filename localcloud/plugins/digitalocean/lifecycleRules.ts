import { z } from "zod";
import { findAll, findText, parseXml, renderXml, s3Namespace, type XmlSpec } from "./xml.ts";

const days = z.int().min(0).optional();

export const lifecycleRule = z.object({
  id: z.string().optional(),
  prefix: z.string().optional(),
  enabled: z.boolean(),
  abortIncompleteMultipartUploadDays: days,
  expiration: z.object({ date: z.string().optional(), days, expiredObjectDeleteMarker: z.boolean().optional() }).optional(),
  noncurrentVersionExpiration: z.object({ days }).optional(),
});
export type LifecycleRule = z.infer<typeof lifecycleRule>;

export function renderLifecycle(rules: LifecycleRule[]): string {
  return renderXml(["LifecycleConfiguration", rules.map((rule): XmlSpec => ["Rule", [
    ["Filter", [["Prefix", rule.prefix ?? ""]]],
    rule.id === undefined ? undefined : ["ID", rule.id],
    rule.noncurrentVersionExpiration?.days ? ["NoncurrentVersionExpiration", [["NoncurrentDays", rule.noncurrentVersionExpiration.days]]] : undefined,
    ["Status", rule.enabled ? "Enabled" : "Disabled"],
    rule.abortIncompleteMultipartUploadDays ? ["AbortIncompleteMultipartUpload", [["DaysAfterInitiation", rule.abortIncompleteMultipartUploadDays]]] : undefined,
    rule.expiration ? ["Expiration", [
      rule.expiration.date ? ["Date", `${rule.expiration.date}T00:00:00Z`] : undefined,
      rule.expiration.days ? ["Days", rule.expiration.days] : undefined,
      rule.expiration.expiredObjectDeleteMarker ? ["ExpiredObjectDeleteMarker", "true"] : undefined,
    ]] : undefined,
  ]])], s3Namespace);
}

export function parseLifecycle(text: string): LifecycleRule[] {
  return findAll(parseXml(text), "Rule").map((rule) => {
    const number = (name: string): number | undefined => {
      const found = findText(rule, name);
      return found === undefined ? undefined : Number(found);
    };
    const id = findText(rule, "ID");
    const prefix = findText(rule, "Prefix");
    const abort = number("DaysAfterInitiation");
    const expire = number("Days");
    const date = findText(rule, "Date");
    const marker = findText(rule, "ExpiredObjectDeleteMarker") === "true";
    const noncurrent = number("NoncurrentDays");
    return {
      enabled: findText(rule, "Status") === "Enabled",
      ...(id === undefined ? {} : { id }),
      ...(prefix ? { prefix } : {}),
      ...(abort === undefined ? {} : { abortIncompleteMultipartUploadDays: abort }),
      ...(expire === undefined && date === undefined && !marker
        ? {}
        : { expiration: { ...(expire === undefined ? {} : { days: expire }), ...(date === undefined ? {} : { date: date.slice(0, 10) }), ...(marker ? { expiredObjectDeleteMarker: true } : {}) } }),
      ...(noncurrent === undefined ? {} : { noncurrentVersionExpiration: { days: noncurrent } }),
    };
  });
}
