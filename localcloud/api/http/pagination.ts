import { serviceNames } from "../../addresses.ts";
import { unprocessable } from "./errors.ts";

const defaultPerPage = 20;
const maxPerPage = 200;

export function apiUrl(path: string): string {
  return `https://${serviceNames.api}${path}`;
}

/** One page of a list as DigitalOcean lays it out: `{<name>: [...], links: {pages}, meta: {total}}`. */
export function paginate<T>(
  name: string,
  items: T[],
  view: (item: T) => unknown,
  request: { path: string; query: URLSearchParams },
): Record<string, unknown> {
  const perPage = Math.min(maxPerPage, positive(request.query, "per_page", defaultPerPage));
  const page = positive(request.query, "page", 1);
  const last = Math.max(1, Math.ceil(items.length / perPage));
  const link = (target: number): string => {
    const query = new URLSearchParams(request.query);
    query.set("page", String(target));
    query.set("per_page", String(perPage));
    return apiUrl(`${request.path}?${query.toString()}`);
  };
  const pages: Record<string, string> = {};
  if (page > 1) {
    pages["first"] = link(1);
    pages["prev"] = link(Math.min(page - 1, last));
  }
  if (page < last) {
    pages["next"] = link(page + 1);
    pages["last"] = link(last);
  }
  return {
    [name]: items.slice((page - 1) * perPage, page * perPage).map(view),
    links: Object.keys(pages).length === 0 ? {} : { pages },
    meta: { total: items.length },
  };
}

function positive(query: URLSearchParams, key: string, fallback: number): number {
  const text = query.get(key);
  if (text === null || text === "") return fallback;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw unprocessable(`${key} must be a whole number from 1, not "${text}".`);
  return Number(text);
}
