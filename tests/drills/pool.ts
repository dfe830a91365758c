/**
 * What HAProxy makes of its servers, a line each time that it changes, for as long as its input is open. It imports nothing
 * of ours, because a load balancer's own Node runs its text: `node --input-type=module-typescript -e "$(cat pool.ts)" --
 * --pool SOCKET [COMMAND...]`. Commands are said to HAProxy first.
 */
import { connect } from "node:net";

const everyMs = 50;

/** One command, one connection: HAProxy closes it behind its answer. */
async function say(socket: string, command: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    let answer = "";
    const connection = connect(socket, () => connection.write(`${command}\n`));
    connection.setEncoding("utf8").setTimeout(1_000, () => connection.destroy(new Error(`no answer to ${command}`)))
      .on("data", (chunk: string) => { answer += chunk; }).on("error", reject).on("end", () => resolve(answer));
  });
}

/** @param csv of `show stat`: its first line names the columns */
function statesIn(csv: string): Record<string, string> {
  const [head = [], ...lines] = csv.replace(/^# /, "").split("\n").map((line) => line.split(","));
  const [name, status] = [head.indexOf("svname"), head.indexOf("status")];
  return Object.fromEntries(lines.flatMap((line) => (line.length > status ? [[line[name] ?? "", line[status] ?? ""]] : [])));
}

async function watch(socket: string, commands: string[]): Promise<never> {
  for (const command of commands) {
    const answer = (await say(socket, command)).trim();
    if (answer) throw new Error(`${command}: ${answer}`);
  }
  let before = "";
  for (;;) {
    // HAProxy that is being restarted says nothing: then nothing is known, and the next line tells.
    const csv = await say(socket, "show stat app 4 -1").catch(() => null);
    const states = csv === null ? before : JSON.stringify(statesIn(csv));
    if (states !== before) process.stdout.write(`{"at":${Number(process.hrtime.bigint()) / 1e6},"states":${states}}\n`);
    before = states;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

if (process.argv.includes("--pool")) {
  const [socket = "", ...commands] = process.argv.slice(process.argv.indexOf("--pool") + 1);
  process.stdin.on("end", () => process.exit(0)).resume();
  await watch(socket, commands);
}
