/**
 * What the API asks of the hardware below it. The API owns the account's state (droplets, tags, firewalls); the
 * datacenter owns machines, cables and power. Contract tests use a datacenter without machines.
 */

export type MachineId = number;

/** A machine as it is racked: all that is fixed between its creation and its end. */
export interface MachineSpec {
  id: MachineId;
  /** Host name, as given by the API's client. */
  name: string;
  region: string;
  /** Image slug, e.g. `debian-13-x64`. */
  image: string;
  vcpus: number;
  memoryMiB: number;
  diskGiB: number;
  /** Exactly as the client sent it; null when it sent none. */
  userData: string | null;
  /** OpenSSH public keys for root. */
  sshKeys: string[];
  nics: { public: PublicNic | null; private: PrivateNic };
}

export interface PublicNic {
  mac: string;
  address: string;
  /** Where traffic to the machine's reserved address arrives. */
  anchorAddress: string;
}

export interface PrivateNic {
  mac: string;
  vpcId: string;
  address: string;
  /** Of the VPC's range, in bits. */
  prefix: number;
}

export interface Vpc {
  id: string;
  /** Never overlaps another VPC's: the kernel here has no VRF. */
  cidr: string;
}

/** `loss`: the plug is pulled, the API never learns of it. `shutdown`: as asked by the machine's own init. */
export type PowerChange = "on" | "off" | "shutdown" | "reboot" | "loss";

export interface FirewallRule {
  protocol: "tcp" | "udp" | "icmp";
  /** Inclusive; null means all ports (always null for icmp). */
  ports: { from: number; to: number } | null;
  /** Sources of an inbound rule, destinations of an outbound one. */
  peers: { cidrs: string[]; machines: MachineId[] };
}

/** Tags are already resolved to machines. A machine in several firewalls gets the union; in none, everything passes. */
export interface Firewall {
  id: string;
  members: MachineId[];
  inbound: FirewallRule[];
  outbound: FirewallRule[];
}

/** The part that has cables: bridges, NICs, firewalls, reserved addresses. Runs inside the cloud's namespace. */
export interface Networks {
  /** Idempotent; adopts what an earlier daemon left running. */
  start(): Promise<void>;
  addVpc(vpc: Vpc): Promise<void>;
  removeVpc(id: string): Promise<void>;
  /** Makes the machine's network namespace with its NICs, anew if there was one. */
  plug(machine: MachineSpec): Promise<{ netns: string }>;
  /** Registers a machine that an earlier daemon plugged and that still runs. */
  adopt(machine: MachineSpec): Promise<void>;
  /** Takes the machine's links down at once: what a power loss looks like from outside. */
  cut(id: MachineId): Promise<void>;
  unplug(id: MachineId): Promise<void>;
  /** The whole of it, each time; established connections survive. */
  applyFirewalls(firewalls: Firewall[]): Promise<void>;
  /** null frees the address. */
  assignReservedAddress(address: string, machine: MachineId | null): Promise<void>;
  /** Cuts what passes between two machines (or between one and everything: `to` null), optionally one UDP or TCP port only. */
  partition(from: MachineId, to: MachineId | null, only?: { protocol: "tcp" | "udp"; port: number }): Promise<void>;
  /** Ends every partition and every loss, or those of one machine. */
  heal(id?: MachineId): Promise<void>;
  /** Drops this share of the packets that the machine receives; 0 ends it. */
  lose(id: MachineId, percent: number): Promise<void>;
}

/** The part that has power: root file systems, boots, control groups. */
export interface Machines {
  /** Idempotent; adopts machines that still run. */
  start(known: MachineSpec[]): Promise<void>;
  /** Lays out the disk and boots; resolves once init runs, rejects with the console's end. */
  create(machine: MachineSpec): Promise<void>;
  destroy(id: MachineId): Promise<void>;
  power(id: MachineId, change: PowerChange): Promise<void>;
  /**
   * Called whenever a guest powered itself off, also when nobody looked at the time; never after a power loss. Resolves
   * once that is remembered: until then it is told again.
   */
  onPoweredOff(listener: (id: MachineId) => Promise<void>): void;
  /** Another size for a machine that is off: its next boot has it. A disk may grow and never shrinks. */
  resize(machine: MachineSpec): Promise<void>;
  freeze(id: MachineId, frozen: boolean): Promise<void>;
  /** Fills the machine's disk to the last block, or frees it again. */
  fillDisk(id: MachineId, full: boolean): Promise<void>;
  isRunning(id: MachineId): boolean;
  /** Of a running machine's init, in the host's numbering; null when it is off. */
  leaderPid(id: MachineId): number | null;
  /** The last `bytes` of the machine's console. */
  console(id: MachineId, bytes: number): Promise<string>;
}

/** Access keys of the object storage, as granted by the API. */
export interface StorageKey {
  accessKey: string;
  secretKey: string;
  /** An empty bucket means all of them. */
  grants: { bucket: string; permission: "read" | "readwrite" | "fullaccess" }[];
}

export interface ObjectStorage {
  setKeys(keys: StorageKey[]): Promise<void>;
}

/** What the API is given. */
export interface Datacenter {
  networks: Pick<Networks, "addVpc" | "removeVpc" | "applyFirewalls" | "assignReservedAddress">;
  machines: Pick<Machines, "create" | "destroy" | "power" | "onPoweredOff" | "resize" | "isRunning">;
  storage: ObjectStorage;
}
