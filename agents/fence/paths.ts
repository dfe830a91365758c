/** Where the fence finds what it needs; templates render these same paths. */
export const paths = {
  settings: "/etc/quickcart/fence.json",
  /** Of the cloud's API; absent where fencing is off. */
  token: "/etc/quickcart/fence-token",
  /** What a database machine shows to the others, and whom it trusts. */
  tls: { ca: "/etc/quickcart/db/authority.crt", cert: "/etc/quickcart/db/db.crt", key: "/etc/quickcart/db/db.key" },
} as const;
