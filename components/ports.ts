/** The one list of ports: the access matrix, and through it firewalls, policies, drills and documents, read it. */

/** Inclusive; a single port has `from` and `to` alike. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

const one = (port: number): PortRange => ({ from: port, to: port });

export const ports = {
  http: one(80),
  https: one(443),
  ssh: one(22),
  dns: one(53),
  ntp: one(123),
  /** What the firewall lets the load balancers reach; what listens there is less. */
  app: { from: 3000, to: 8000 },
  /** The only encapsulation that cloud firewalls pass: UDP. Carries VRRP and the egress of private machines. */
  vxlan: one(4789),
  wireguard: one(51820),
  pgbouncer: one(6432),
  postgres: one(5432),
  patroni: one(8008),
  etcd: { from: 2379, to: 2380 },
  redis: one(6379),
  redisClusterBus: one(16379),
  grafana: one(3000),
  prometheus: one(9090),
  alertmanager: one(9093),
  nodeExporter: one(9100),
  haproxyExporter: one(8404),
  appExporter: one(9464),
  postgresExporter: one(9187),
  pgbouncerExporter: one(9127),
  redisExporter: one(9121),
} as const satisfies Record<string, PortRange>;

/** As clouds write them: `22` or `3000-8000`. */
export function formatPorts({ from, to }: PortRange): string {
  return from === to ? String(from) : `${String(from)}-${String(to)}`;
}
