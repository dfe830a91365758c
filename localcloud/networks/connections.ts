import type { Commands } from "./commands.ts";

const noneThere = /0 flow entries have been deleted/;

/** Ends what conntrack remembers of connections from and to these addresses. */
export async function forgetAddresses(commands: Commands, addresses: readonly string[]): Promise<void> {
  await Promise.all(addresses.flatMap((address) => [forget(commands, "--orig-src", address), forget(commands, "--orig-dst", address)]));
}

/** Of connections to a reserved address, and of those that left with it: the next packet goes to the new holder. */
export async function forgetReserved(commands: Commands, address: string): Promise<void> {
  await Promise.all([forget(commands, "--orig-dst", address), forget(commands, "--reply-dst", address)]);
}

async function forget(commands: Commands, field: string, address: string): Promise<void> {
  await commands.run(["conntrack", "-D", field, address], { tolerate: noneThere });
}
