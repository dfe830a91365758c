export interface Hop {
  name: string;
  address: string;
}

/**
 * For OpenSSH's -F: names the machines, keeps to one key, and trusts any host key, for machines of the local cloud are
 * remade all the time and nobody else can be on their network. A bastion that dies is noticed after 3 s.
 */
export function renderSshConfig(hops: Hop[], identity: string): string {
  return [
    ...hops.flatMap(({ name, address }) => [`Host ${name}`, `  HostName ${address}`]),
    "Host *",
    "  User root",
    `  IdentityFile ${identity}`,
    "  IdentitiesOnly yes",
    "  IdentityAgent none",
    "  BatchMode yes",
    "  StrictHostKeyChecking no",
    "  UserKnownHostsFile /dev/null",
    "  GlobalKnownHostsFile /dev/null",
    "  LogLevel ERROR",
    "  ConnectTimeout 3",
    "  ServerAliveInterval 1",
    "  ServerAliveCountMax 3",
    "  ExitOnForwardFailure yes",
    "  StreamLocalBindUnlink yes",
    "",
  ].join("\n");
}
