import { overlaps, parseCidr } from "../../components/cidr.ts";
import { type Settings } from "../../components/config.ts";

/** What an account and its cloud's catalogue say, in no cloud's words. */
export interface AccountFacts {
  /** For people: whose account it is. */
  owner: string;
  /** What keeps it from ordering anything, in the cloud's words; null when nothing does. */
  locked: string | null;
  /** null where the cloud does not tell. */
  machineLimit: number | null;
  /** Machines of the account that are not this stack's. */
  otherMachines: number;
  reservedAddressLimit: number | null;
  otherReservedAddresses: number;
  /** `lacks`: why the stack cannot be there, as the rest of a sentence about it. */
  regions: { slug: string; lacks: string | null }[];
  /** Prices in US dollars a month; `regions` where it can be ordered now. */
  sizes: { slug: string; monthly: number; regions: string[] }[];
  /** Of the stack's image: where it can be used, null when there is no such image. */
  imageRegions: string[] | "everywhere" | null;
  /** Private networks of the account that are not this stack's. */
  otherNetworks: { name: string; range: string }[];
}

export interface Line {
  ok: boolean;
  what: string;
  /** What was seen. */
  seen: string;
  /** What to do about it. */
  todo?: string;
}

export interface Fleet {
  role: string;
  size: string;
  count: number;
}

/** SPEC A's largest fleet of app servers, which a surge stack reaches on the day of a sale. */
const surgeAppServers = 50;

export const baseFleet = ({ bastions, loadBalancers, app, database, redis, monitor }: Settings): Fleet[] => [
  { role: "bastions", ...bastions },
  { role: "load balancers", ...loadBalancers },
  { role: "app servers", count: app.count, size: app.size },
  { role: "database primary", count: 1, size: database.primary.size },
  { role: "database replicas", count: database.count - 1, size: database.replica.size },
  { role: "Redis machines", count: redis.nodes, size: redis.size },
  { role: "monitor", count: 1, size: monitor.size },
];

const total = (fleets: readonly Fleet[]): number => fleets.reduce((sum, { count }) => sum + count, 0);

/** Only production meets sales: other stacks stay as they are set. */
export function machinesAtPeak(settings: Settings): { count: number; why: string } {
  const base = total(baseFleet(settings));
  if (settings.stack !== "prod") return { count: base, why: `${base} machines` };
  const count = base - settings.app.count + surgeAppServers;
  return { count, why: `${count} at the peak: ${surgeAppServers} app servers, ${base - settings.app.count} beside them` };
}

/** Pure: one line a question, good or not. */
export function judge(settings: Settings, facts: AccountFacts): Line[] {
  return [
    account(facts), machines(settings, facts), region(settings, facts), ...sizes(settings, facts), image(settings, facts),
    reservedAddress(facts), network(settings, facts),
  ];
}

function account({ owner, locked }: AccountFacts): Line {
  return locked === null ? { ok: true, what: "account", seen: owner }
    : { ok: false, what: "account", seen: `${owner}: ${locked}`, todo: "see the cloud's console, or its support" };
}

function machines(settings: Settings, { machineLimit, otherMachines }: AccountFacts): Line {
  const { count, why } = machinesAtPeak(settings);
  const needed = count + otherMachines;
  const others = otherMachines === 0 ? "" : `, besides ${otherMachines} others of the account`;
  if (machineLimit === null) return { ok: true, what: "limit of machines", seen: `${why}${others}; this cloud does not tell its limit: ask its support` };
  return {
    ok: machineLimit >= needed, what: "limit of machines", seen: `${machineLimit}; needed are ${why}${others}`,
    ...(machineLimit >= needed ? {} : { todo: `ask the cloud's support for a limit of ${needed} or more` }),
  };
}

function region({ region: wanted }: Settings, { regions }: AccountFacts): Line {
  const found = regions.find(({ slug }) => slug === wanted);
  if (found?.lacks === null) return { ok: true, what: "region", seen: wanted };
  const others = regions.filter(({ lacks }) => lacks === null).map(({ slug }) => slug);
  return {
    ok: false, what: "region", seen: `${wanted} ${found?.lacks ?? "does not exist"}`,
    todo: `choose another: pulumi config set quickcart:region; there are ${others.join(", ") || "none"}`,
  };
}

function sizes(settings: Settings, facts: AccountFacts): Line[] {
  return baseFleet(settings).map(({ role, size }) => {
    const found = facts.sizes.find(({ slug }) => slug === size);
    if (found?.regions.includes(settings.region) === true) return { ok: true, what: `size of ${role}`, seen: `${size}, ${dollars(found.monthly)} a month each` };
    const seen = found === undefined ? `${size} does not exist` : `${size} cannot be had in ${settings.region} now`;
    const others = facts.sizes.filter(({ regions, monthly }) => regions.includes(settings.region) && monthly >= (found?.monthly ?? 0))
      .toSorted((one, other) => one.monthly - other.monthly).slice(0, 5).map(({ slug, monthly }) => `${slug} (${dollars(monthly)})`);
    return { ok: false, what: `size of ${role}`, seen, todo: `choose another size${others.length > 0 ? `, such as ${others.join(", ")}` : ""}, or another region` };
  });
}

function image(settings: Settings, { imageRegions }: AccountFacts): Line {
  const ok = imageRegions === "everywhere" || imageRegions?.includes(settings.region) === true;
  return {
    ok, what: "image", seen: ok ? settings.image : `${settings.image} ${imageRegions === null ? "does not exist" : `is not in ${settings.region}`}`,
    ...(ok ? {} : { todo: "unset quickcart:image, or name another image of Debian 13" }),
  };
}

function reservedAddress({ reservedAddressLimit: limit, otherReservedAddresses: others }: AccountFacts): Line {
  if (limit === null) return { ok: true, what: "reserved addresses", seen: "one is needed; this cloud does not tell its limit" };
  const ok = limit > others;
  return {
    ok, what: "reserved addresses", seen: `limit ${limit}, ${others} in other use, one is needed`,
    ...(ok ? {} : { todo: "release one that is not needed, or ask the cloud's support for more" }),
  };
}

function network({ vpcCidr }: Settings, { otherNetworks }: AccountFacts): Line {
  const own = parseCidr(vpcCidr);
  const clashing = otherNetworks.filter(({ range }) => {
    const other = parseCidr(range);
    return own !== null && other !== null && overlaps(own, other);
  });
  const names = clashing.map(({ name, range }) => `${name} (${range})`).join(", ");
  return clashing.length === 0 ? { ok: true, what: "private network", seen: `${vpcCidr} is free` }
    : { ok: false, what: "private network", seen: `${vpcCidr} overlaps ${names}`, todo: "choose another range: pulumi config set quickcart:vpcCidr" };
}

/** What the machines of the settings cost; empty when a price is not known. */
export function bill(settings: Settings, facts: AccountFacts): string[] {
  const fleets = baseFleet(settings).map((fleet) => ({ ...fleet, monthly: facts.sizes.find(({ slug }) => slug === fleet.size)?.monthly }));
  const rows = fleets.flatMap(({ role, size, count, monthly }) => (monthly === undefined ? [] : [{ role, size, count, cost: count * monthly }]));
  if (rows.length < fleets.length) return [];
  const sum = rows.reduce((cost, row) => cost + row.cost, 0);
  return [
    ...rows.map(({ role, size, count, cost }) => `${String(count).padStart(3)} ${role}, ${size}`.padEnd(44) + dollars(cost).padStart(12)),
    `machines, a month`.padEnd(44) + dollars(sum).padStart(12),
    "Object storage, traffic beyond what is included, taxes and a sale's additional app servers come on top.",
  ];
}

const dollars = (amount: number): string => `$${amount.toFixed(2)}`;
