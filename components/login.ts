import { type Input, type Output } from "@pulumi/pulumi";
import { type types } from "@pulumi/command";
import { type Machine } from "./machine.ts";

/** About three minutes while connections are refused, ten while nothing answers. */
const dialing = { dialErrorLimit: 40, perDialTimeout: 10 };

/** @param through the bastion to jump through; null for a machine that is reached directly */
export function loginTo(machine: Machine, privateKey: Output<string>, through: Machine | null): Input<types.input.remote.ConnectionArgs> {
  const login = { user: "root", privateKey, ...dialing };
  return through === null
    ? { ...login, host: reachable(machine) }
    : { ...login, host: machine.server.privateAddress, proxy: { ...login, host: reachable(through) } };
}

function reachable({ name, server }: Machine): Output<string> {
  return server.publicAddress.apply((address) => {
    if (address === null) throw new Error(`${name} has no public address: it is reached through a bastion only`);
    return address;
  });
}
