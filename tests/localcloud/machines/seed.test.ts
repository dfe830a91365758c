import { type MachineSpec } from "../../../localcloud/datacenter.ts";
import { networkConfig } from "../../../localcloud/machines/networkConfig.ts";
import { seedFiles } from "../../../localcloud/machines/seed.ts";

const publicNic = { mac: "02:00:00:00:00:01", address: "198.18.1.1", anchorAddress: "10.17.0.5" };
const privateNic = { mac: "02:01:00:00:00:01", vpcId: "5a4981aa-9653-4bd1-bef5-d6bff52042e4", address: "10.10.0.2", prefix: 20 };

const machine: MachineSpec = {
  id: 7, name: "bastion-1", region: "fra1", image: "debian-13-x64", vcpus: 1, memoryMiB: 1024, diskGiB: 25,
  userData: "#!/bin/sh\necho 'ünïcode' $HOME\n", sshKeys: ["ssh-ed25519 AAAA one", "ssh-ed25519 BBBB two"],
  nics: { public: publicNic, private: privateNic },
};

const file = (of: MachineSpec, path: string): { text: string; mode: number } => {
  const found = seedFiles(of).find((candidate) => candidate.path === path);
  if (found === undefined) throw new Error(`${path} is not among the seed's files`);
  return found;
};

describe("the seed", () => {
  test("user-data goes in exactly as it was sent, for root's eyes only", () => {
    expect(file(machine, "var/lib/cloud/seed/nocloud/user-data")).toMatchObject({ text: machine.userData, mode: 0o600 });
  });

  test("a machine without user-data has an empty file: without one cloud-init takes the seed for none", () => {
    expect(file({ ...machine, userData: null }, "var/lib/cloud/seed/nocloud/user-data").text).toBe("");
  });

  test("meta-data names the instance, its host name and its keys", () => {
    expect(JSON.parse(file(machine, "var/lib/cloud/seed/nocloud/meta-data").text)).toEqual({
      "instance-id": "7", "local-hostname": "bastion-1", "public-keys": machine.sshKeys,
    });
  });

  test("names are resolved from the start", () => {
    expect(file(machine, "etc/resolv.conf").text).toBe("nameserver 198.18.0.2\nnameserver 198.18.0.3\n");
    expect(file(machine, "etc/hostname").text).toBe("bastion-1\n");
  });
});

describe("the network configuration", () => {
  test("with a public NIC: public and anchor address first, the default route there, the VPC second", () => {
    expect(networkConfig(machine)).toEqual({
      version: 2,
      ethernets: {
        eth0: {
          match: { macaddress: "02:00:00:00:00:01" }, addresses: ["198.18.1.1/16", "10.17.0.5/16"], "accept-ra": false,
          routes: [{ to: "0.0.0.0/0", via: "198.18.0.1" }], nameservers: { addresses: ["198.18.0.2", "198.18.0.3"] },
        },
        eth1: {
          match: { macaddress: "02:01:00:00:00:01" }, addresses: ["10.10.0.2/20"], "accept-ra": false,
          nameservers: { addresses: ["198.18.0.2", "198.18.0.3"] },
        },
      },
    });
  });

  test("without one: the VPC alone, no default route, but a way to the metadata service", () => {
    expect(networkConfig({ nics: { public: null, private: privateNic } })).toEqual({
      version: 2,
      ethernets: {
        eth0: {
          match: { macaddress: "02:01:00:00:00:01" }, addresses: ["10.10.0.2/20"], "accept-ra": false,
          routes: [{ to: "169.254.169.254/32" }], nameservers: { addresses: ["198.18.0.2", "198.18.0.3"] },
        },
      },
    });
  });
});
