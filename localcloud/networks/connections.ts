import { type Commands, NetworkCommandError } from "./commands.ts";

const noneThere = /0 flow entries have been deleted/;
/** One of them ended by itself while they were being deleted: conntrack then leaves all others. */
const vanished = /such conntrack doesn't exist/;
/** With traffic all the time each attempt gets further. */
const attempts = 50;

/** Ends what conntrack remembers of connections from and to these addresses. */
export async function forgetAddresses(commands: Commands, addresses: readonly string[]): Promise<void> {
  await Promise.all(addresses.flatMap((address) => [forget(commands, "--orig-src", address), forget(commands, "--orig-dst", address)]));
}

/** Of connections to a reserved address, and of those that left with it: the next packet goes to the new holder. */
export async function forgetReserved(commands: Commands, address: string): Promise<void> {
  await Promise.all([forget(commands, "--orig-dst", address), forget(commands, "--reply-dst", address)]);
}

async function forget(commands: Commands, field: string, address: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await commands.run(["conntrack", "-D", field, address], { tolerate: noneThere });
      return;
    } catch (error) {
      if (!(error instanceof NetworkCommandError) || !vanished.test(error.stderr) || attempt === attempts) throw error;
    }
  }
}
