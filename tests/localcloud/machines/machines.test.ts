import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { waitUntil } from "../../../localcloud/lifecycle/wait.ts";
import { Lab, limitsOf, traces, whyNot } from "./lab.ts";

const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKWcW8Yc0qQ7E2lqQ0pZ1m5o2mJmKZb1v7pVYx6Cn0aB someone@example";
const userData = `#cloud-config
write_files:
  - {path: /etc/quickcart-test, content: "from user-data"}
runcmd:
  - echo once >> /root/ran
`;

const reason = whyNot();
let lab: Lab;
/** Which machines powered themselves off, as the cloud heard it. */
const heard: number[] = [];
const listener = async (id: number): Promise<void> => { heard.push(id); };

beforeAll(async () => {
  if (reason !== null) return;
  lab = await Lab.make();
  lab.machines.onPoweredOff(listener);
  await lab.machines.create(lab.spec(1, { userData, sshKeys: [key] }));
}, 60_000);

afterAll(async () => {
  if (reason === null) await lab.end();
}, 60_000);

/** Each stands on the machine of the first test; none leaves it other than it found it. */
function real(name: string, work: () => Promise<void>): void {
  if (reason === null) test(name, work, 180_000);
  else test.skip(`${name} (skipped: ${reason})`, work);
}

real("its user-data has run, root's key is in, nothing failed", async () => {
  await lab.cloudInit(1);
  expect(await lab.sh(1, "cat /etc/quickcart-test; cat /root/ran")).toBe("from user-dataonce");
  expect(await lab.sh(1, "cat /root/.ssh/authorized_keys")).toContain(key);
  expect(await lab.sh(1, "systemctl --failed --no-legend --plain; cloud-init status | head -1")).toBe("status: done");
  expect(await lab.sh(1, "hostname; cat /etc/hostname")).toBe("app-1\napp-1");
});

real("its network is a droplet's: public and anchor address, VPC, gateway", async () => {
  const addresses = await lab.sh(1, "ip -4 -o addr show scope global | awk '{print $2, $4}' | sort");
  expect(addresses).toBe("eth0 10.17.0.5/16\neth0 198.18.1.1/16\neth1 10.10.0.2/20");
  expect(await lab.sh(1, "ip -4 route show default")).toMatch(/^default via 198\.18\.0\.1 dev eth0/);
  expect(await lab.networks.pings("198.18.1.1")).toBe(true);
});

real("a machine without a public NIC has the VPC on eth0, no default route, a way to the metadata service", async () => {
  await lab.machines.create(lab.spec(2, { nics: { ...lab.spec(2).nics, public: null } }));
  await lab.cloudInit(2);
  expect(await lab.sh(2, "ip -4 -o addr show scope global | awk '{print $2, $4}'")).toBe("eth0 10.10.0.3/20");
  expect(await lab.sh(2, "ip -4 route")).not.toContain("default");
  expect(await lab.sh(2, "ip -4 route get 169.254.169.254")).toMatch(/dev eth0/);
  await lab.machines.destroy(2);
});

real("from the bare image it boots as well, without any role's packages; what the cloud adds is in both", async () => {
  lab.machines.useImage("bare");
  await lab.machines.create(lab.spec(2));
  lab.machines.useImage("baked");
  await lab.cloudInit(2);
  const look = "command -v bird; cat /etc/from-the-cloud";
  expect(await lab.sh(2, look)).toBe("trust me");
  await lab.machines.destroy(2);
  expect(await lab.sh(1, look)).toBe("/usr/sbin/bird\ntrust me");
});

real("packages of a role are there before anybody installs them, and their daemons wait to be enabled", async () => {
  expect(await lab.sh(1, "apt-get install --yes bird2 zstd 2>&1")).toMatch(/bird2 is already the newest version/);
  expect(await lab.sh(1, "systemctl is-enabled bird || true")).toBe("disabled");
});

real("memory and processor end where the size ends", async () => {
  await expect(lab.sh(1, "head -c 900M /dev/zero | tail >/dev/null")).rejects.toThrow();
  const busy = "end=$(($(date +%s%N) + 1500000000)); while [ $(date +%s%N) -lt $end ]; do :; done";
  const used = async (): Promise<number> => {
    const before = Date.now();
    const times = await lab.sh(1, `(${busy}) & (${busy}) & wait; times | tail -1`);
    const seconds = [...times.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, minutes, rest]) => sum + Number(minutes) * 60 + Number(rest), 0);
    return seconds / ((Date.now() - before) / 1_000);
  };
  expect(await used()).toBeLessThan(1.15);
});

real("its disk is as large as ordered, fills to the last block, and is free again", async () => {
  const gigabytes = Number(await lab.sh(1, "df --output=size -B1M / | tail -1")) / 1024;
  expect(gigabytes).toBeGreaterThan(9);
  expect(gigabytes).toBeLessThanOrEqual(10);
  await lab.machines.fillDisk(1, true);
  await expect(lab.sh(1, "dd if=/dev/zero of=/root/more bs=4k count=64")).rejects.toThrow(/No space left on device/);
  const { blocks } = await stat(join(lab.dirs.stateDir, "machines/1/disk.img"));
  expect(blocks * 512).toBeLessThan(1024 ** 3);
  await lab.machines.fillDisk(1, false);
  expect(await lab.sh(1, "dd if=/dev/zero of=/root/more bs=4k count=64 2>/dev/null; rm /root/more; echo written")).toBe("written");
});

real("a reboot inside is a reboot: the same disk, cloud-init's first-boot work not repeated", async () => {
  const before = lab.machines.leaderPid(1);
  const bootId = await lab.sh(1, "cat /etc/machine-id");
  await lab.machines.runInside(1, ["systemctl", "reboot", "--no-block"]);
  await waitUntil("the machine to be back", 30_000, () => lab.machines.isRunning(1) && lab.machines.leaderPid(1) !== before);
  await lab.cloudInit(1);
  expect(await lab.sh(1, "cat /root/ran")).toBe("once");
  expect(await lab.sh(1, "cat /etc/machine-id")).toBe(bootId);
  expect(await lab.networks.pings("198.18.1.1")).toBe(true);
});

real("frozen it answers nobody, thawed it goes on", async () => {
  await lab.machines.freeze(1, true);
  expect(lab.machines.isRunning(1)).toBe(true);
  await expect(lab.machines.runInside(1, ["true"], { timeout: 500 })).rejects.toThrow(/did not end/);
  await lab.machines.freeze(1, false);
  expect(await lab.sh(1, "echo awake")).toBe("awake");
});

/** Reads the machine's own clock all the time, and tells the longest silence that it saw, in ms. */
const longestSilence = `bash -c '
  touch /run/watching; last=\${EPOCHREALTIME/./}; worst=0
  while [ -e /run/watching ]; do now=\${EPOCHREALTIME/./}; [ $((now - last)) -gt $worst ] && worst=$((now - last)); last=$now; done
  echo $((worst / 1000))'`;

real("stalled it stands still as long as was said, and goes on by itself", async () => {
  const watching = lab.sh(1, longestSilence);
  await waitUntil("the machine to watch its clock", 10_000, async () => (await lab.sh(1, "test -e /run/watching && echo yes || true")) === "yes");
  const said = await lab.machines.stall(1, 600);
  await lab.sh(1, "rm /run/watching");
  expect(said).toBeGreaterThanOrEqual(600);
  expect(said).toBeLessThan(650);
  const seen = Number(await watching);
  expect(seen).toBeGreaterThan(570);
  expect(seen).toBeLessThan(700);
});

real("after a power loss it is off, and on again when switched on", async () => {
  await lab.machines.power(1, "loss");
  expect(lab.machines.isRunning(1)).toBe(false);
  expect(await lab.networks.pings("198.18.1.1")).toBe(false);
  // The cloud never learns of it.
  expect(heard).toEqual([]);
  await lab.machines.power(1, "on");
  await lab.cloudInit(1);
  expect(await lab.sh(1, "cat /root/ran")).toBe("once");
});

real("powered off from inside it is off, silent, and the cloud hears of it; off or shut down from outside it is silent too", async () => {
  const end = async (how: () => Promise<unknown>): Promise<void> => {
    await how();
    await waitUntil("the machine to end", 20_000, () => !lab.machines.isRunning(1));
  };
  await end(() => lab.machines.runInside(1, ["systemctl", "poweroff", "--no-block"]));
  await waitUntil("the cloud to hear of it", 5_000, () => heard.includes(1));
  expect(await lab.networks.pings("198.18.1.1")).toBe(false);
  for (const change of ["off", "shutdown"] as const) {
    await lab.machines.power(1, "on");
    await lab.cloudInit(1);
    expect(await lab.networks.pings("198.18.1.1")).toBe(true);
    await end(() => lab.machines.power(1, change));
    expect(await lab.networks.pings("198.18.1.1")).toBe(false);
  }
  expect(heard).toEqual([1]);
});

real("off it is resized: more memory, processors and disk at the next boot, its files as they were", async () => {
  const larger = lab.spec(1, { userData, sshKeys: [key], vcpus: 2, memoryMiB: 768, diskGiB: 12 });
  // A command that runs in mounts of its own, as `localcloud exec` starts it, must not hold the disk.
  const command = spawn("unshare", ["--mount", "--propagation", "slave", "--", "sh", "-c", "echo in; exec cat"], { stdio: ["pipe", "pipe", "inherit"] });
  await once(command.stdout, "data");
  try {
    await lab.machines.resize(larger);
  } finally {
    command.stdin.end();
    await once(command, "close");
  }
  await lab.machines.power(1, "on");
  await lab.cloudInit(1);
  expect(await limitsOf(lab.names.cgroupName, 1)).toEqual({ memory: 768 * 1024 * 1024, processors: 2 });
  const gigabytes = Number(await lab.sh(1, "df --output=size -B1M / | tail -1")) / 1024;
  expect(gigabytes).toBeGreaterThan(11);
  expect(await lab.sh(1, "cat /root/ran")).toBe("once");
  await expect(lab.machines.resize(lab.spec(1))).rejects.toThrow("app-1 (machine 1) runs: switch it off before it is resized");
  await lab.machines.power(1, "off");
  await expect(lab.machines.resize(lab.spec(1))).rejects.toThrow("has a disk of 12 GiB, which cannot shrink to 10");
  await lab.machines.resize({ ...larger, vcpus: 1, memoryMiB: 512 });
  await lab.machines.power(1, "on");
  await lab.cloudInit(1);
  expect(await limitsOf(lab.names.cgroupName, 1)).toEqual({ memory: 512 * 1024 * 1024, processors: 1 });
});

real("a daemon that comes back adopts it, boots what should run, and removes what nobody knows", async () => {
  const before = lab.machines.leaderPid(1);
  for (const id of [3, 4, 5]) await lab.machines.create(lab.spec(id));
  lab.machines.close();
  // While no daemon is there: one machine ends by itself, one asks for a reboot.
  const leaders = [3, 4].map((id) => lab.machines.leaderPid(id) ?? 0);
  await lab.cloudInit(3);
  await lab.cloudInit(4);
  await lab.machines.runInside(3, ["systemctl", "poweroff", "--no-block"]);
  await lab.machines.runInside(4, ["systemctl", "reboot", "--no-block"]);
  await waitUntil("both to end", 20_000, () => leaders.every((pid) => !existsSync(`/proc/${pid}/ns`)) && [3, 4].every((id) => existsSync(join(lab.dirs.runDir, `machines/${id}/exit`))));
  const next = lab.another();
  next.onPoweredOff(listener);
  heard.length = 0;
  try {
    await next.start([{ ...lab.spec(1), diskGiB: 12 }, lab.spec(3), lab.spec(4), lab.spec(6)]);
    expect(next.leaderPid(1)).toBe(before);
    expect(lab.networks.adopted).toEqual([1]);
    expect(heard).toEqual([3]);
    expect([3, 4, 5, 6].map((id) => next.isRunning(id))).toEqual([false, true, false, true]);
    expect(existsSync(join(lab.dirs.stateDir, "machines/5"))).toBe(false);
    expect(await lab.sh(1, "echo still here", next)).toBe("still here");
    for (const id of [3, 4, 6]) await next.destroy(id);
  } finally {
    next.close();
  }
});

real("a machine that cannot boot says why, with its console's end", async () => {
  const spec = { ...lab.spec(7), name: "no good name" };
  await expect(lab.machines.create(spec)).rejects.toThrow(/did not boot: systemd-nspawn ended with status \d+[^]*Invalid hostname/i);
  expect(lab.machines.isRunning(7)).toBe(false);
  await lab.machines.destroy(7);
});

real("destroyed it leaves nothing", async () => {
  await lab.machines.destroy(1);
  const core = `${lab.names.cgroupName}-core`;
  const left = await traces(lab.names.cgroupName);
  expect(left).toMatchObject({ loops: [], nspawn: [], processes: [], namespaces: [core] });
  expect(left["mounts"]).toEqual([expect.stringContaining(`/run/netns/${core} `)]);
  await lab.end();
  expect(await traces(lab.names.cgroupName)).toEqual({ mounts: [], loops: [], cgroups: [], namespaces: [], nspawn: [], processes: [] });
});
