/** Where the load balancer's parts meet; templates render these same paths. */
export const paths = {
  settings: "/etc/quickcart/lb.json",
  /** HAProxy's runtime API, level admin. */
  adminSocket: "/run/haproxy/admin.sock",
  /** What HAProxy knows of its servers, read back when it starts or reloads. */
  serversState: "/run/haproxy/servers.state",
  /** Server lines that end HAProxy's configuration: the last known good ones outlive a reboot. */
  serverLines: "/var/lib/quickcart/lb/servers.cfg",
  /** Keys of TLS session tickets, of both load balancers alike. */
  ticketKeys: "/run/haproxy/ticket.keys",
  /** Watched: keepalived's notify script writes its state here. */
  runtime: "/run/quickcart-lb",
  vrrpState: "/run/quickcart-lb/vrrp",
  /** keepalived's track_file: 0 is fine, -254 is a fault. */
  track: "/run/quickcart-lb/haproxy",
  /** What the agent knows, for `quickcart-lb status`. */
  status: "/run/quickcart-lb/status.json",
} as const;
