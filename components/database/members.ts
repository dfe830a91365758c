/** In every certificate of a database machine: by it they know each other. */
export const tierName = "db.quickcart.internal";

/** @example memberNames(3) is db-1, db-2, db-3 */
export function memberNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `db-${index + 1}`);
}
