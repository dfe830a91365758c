import { createServer, type Server, type Socket } from "node:net";

interface FakeServer {
  backend: string;
  name: string;
  address: string;
  port: string;
  op: number;
  admin: number;
  result: number;
  check: number;
  connections: number;
}

/**
 * HAProxy's runtime API on a socket, as far as the agent speaks with it, and as found with HAProxy 3.0.11: a new server is in
 * maintenance and its checks stand still; leaving maintenance counts as up, leaving drain changes no health.
 */
export class FakeHaproxy {
  readonly servers: FakeServer[] = [
    { backend: "self", name: "present", address: "127.0.0.1", port: "1", op: 2, admin: 0, result: 0, check: 0, connections: 0 },
  ];
  readonly commands: string[] = [];
  /** What a command is answered with instead of being done; the key is its first word or two. */
  readonly refusals = new Map<string, string>();
  hung = false;
  private server: Server | null = null;
  private readonly open = new Set<Socket>();

  async listen(path: string): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      this.open.add(socket);
      socket.on("error", () => undefined).on("close", () => this.open.delete(socket));
      socket.once("data", (data) => {
        if (!this.hung) socket.end(`${this.answer(data.toString().trim())}\n\n`);
      });
    });
    this.server = server;
    await new Promise<void>((resolve) => server.listen(path, resolve));
  }

  async close(): Promise<void> {
    for (const socket of this.open) socket.destroy();
    await new Promise((resolve) => this.server === null ? resolve(null) : this.server.close(resolve));
    this.server = null;
  }

  find(name: string): FakeServer {
    const server = this.servers.find((candidate) => candidate.name === name);
    if (server === undefined) throw new Error(`no server ${name}`);
    return server;
  }

  names(): string[] {
    return this.servers.filter((server) => server.backend === "app").map((server) => server.name);
  }

  /** Checks of every server that is watched come to an end. */
  check(healthy: (name: string) => boolean): void {
    for (const server of this.servers.filter(({ check, admin }) => (check & 4) !== 0 && (admin & 1) === 0)) {
      Object.assign(server, healthy(server.name) ? { op: 2, result: 3 } : { op: 0, result: 2 });
    }
  }

  private answer(command: string): string {
    const words = command.split(" ");
    if (words[0] !== "show") this.commands.push(command);
    for (const [start, refusal] of this.refusals) if (command.startsWith(start)) return refusal;
    const target = words.find((word) => word.includes("/")) ?? "";
    const name = target.slice(target.indexOf("/") + 1);
    const server = this.servers.find((candidate) => candidate.name === name);
    if (command === "show servers state") return this.state();
    if (command === "show servers conn app") return this.connections();
    if (command.startsWith("add server")) {
      if (server !== undefined) return "Already exists a server with the same name in backend.";
      const [address = "", port = ""] = (words[3] ?? "").split(":");
      this.servers.push({ backend: "app", name, address, port, op: 0, admin: 1, result: 0, check: 2, connections: 0 });
      return "New server registered.";
    }
    if (server === undefined) return "No such server.";
    if (command.startsWith("set server")) {
      if (server.admin === 1) server.op = 2;
      server.admin = { ready: 0, drain: 8, maint: 1 }[words.at(-1) ?? ""] ?? 0;
      if (server.admin === 1) server.op = 0;
      return "";
    }
    if (command.startsWith("enable health")) {
      server.check = 6;
      return "";
    }
    if (command.startsWith("shutdown sessions server")) {
      server.connections = 0;
      return "";
    }
    const removable = server.admin === 1 && server.connections === 0;
    if (command.startsWith("wait ")) return removable ? "Done." : "Failed.";
    if (command.startsWith("del server")) {
      if (!removable) return "Only servers in maintenance mode can be deleted.";
      this.servers.splice(this.servers.indexOf(server), 1);
      return "Server deleted.";
    }
    return "Unknown command";
  }

  private state(): string {
    const head = "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_check_result srv_check_state srv_port";
    return ["1", head, ...this.servers.map((server, index) =>
      `4 ${server.backend} ${index + 1} ${server.name} ${server.address} ${server.op} ${server.admin} ${server.result} ${server.check} ${server.port}`)].join("\n");
  }

  private connections(): string {
    return ["# bkname/svname used_cur", ...this.servers.map((server) => `app/${server.name} ${server.connections}`)].join("\n");
  }
}
