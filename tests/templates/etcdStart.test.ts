import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setupFilesOf } from "../../components/rendering/setup.ts";
import { roles } from "./support/roles.ts";

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), "quickcart-etcd-")); });
afterEach(() => rmSync(folder, { recursive: true }));

const path = "/usr/local/sbin/quickcart-etcd";
const rendered = setupFilesOf(roles["db-2"]).find((one) => one.path === path)?.content ?? "";

/** As etcdctl prints it: id, status, name, peer address, client address, learner. */
const member = (id: string, name: string, started = true): string =>
  `${id}, ${started ? "started" : "unstarted"}, ${started ? name : ""}, https://${name}:2380, ${started ? `https://${name}:2379` : ""}, false\n`;

interface Others {
  /** What a cluster's list of members says; without it no cluster answers. */
  members?: string;
  /** What curl does with the others' peer port, by round; the last one for ever after. */
  peers: readonly string[];
}

/** Runs db-2's script to where it starts etcd, with others that are as the test wants. Waiting takes no time. Throws when it never ends. */
function start({ members, peers }: Others): { etcd: string; asked: string[] } {
  if (members !== undefined) writeFileSync(join(folder, "members"), members);
  const programs = {
    // Who still waits after so many rounds waits for ever.
    sleep: `echo . >> ${folder}/waits; (($(wc -l < ${folder}/waits) < 12)) || kill $PPID`,
    curl: `echo . >> ${folder}/rounds; round=$((($(wc -l < ${folder}/rounds) + 1) / 2))\ncase $round in\n${peers.map((does, at) => `${at + 1 === peers.length ? "*" : String(at + 1)}) ${does} ;;`).join("\n")}\nesac`,
    etcdctl: `
      while [[ $1 == --* ]]; do shift 2; done
      echo "$*" >> ${folder}/asked
      [[ -e ${folder}/members ]] || exit 1
      case "$1 $2" in
        "member list") cat ${folder}/members ;;
        "member remove") sed -i "/^$3,/d" ${folder}/members ;;
        "member add") echo "new, unstarted, , https://$3:2380, , false" >> ${folder}/members ;;
      esac`,
    etcd: 'echo "${ETCD_INITIAL_CLUSTER_STATE-as it was} ${ETCD_INITIAL_CLUSTER-}"',
  };
  for (const [name, body] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/bash\n${body}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  const { status, stdout, stderr } = spawnSync("bash", ["--norc", "-c", rendered.replace("/usr/bin/etcd", "etcd")], {
    encoding: "utf8", timeout: 15_000,
    env: { PATH: `${folder}:/usr/sbin:/usr/bin:/sbin:/bin`, ETCD_NAME: "db-2", ETCD_DATA_DIR: join(folder, "data"), PRIVATE_ADDRESS: "10.0.0.2" },
  });
  if (status !== 0) throw new Error(`status ${String(status)}: ${stdout}${stderr}`);
  const asked = existsSync(join(folder, "asked")) ? readFileSync(join(folder, "asked"), "utf8").trim().split("\n") : [];
  return { etcd: stdout.trim().split("\n").at(-1) ?? "", asked: asked.filter((one) => one !== "member list") };
}

const nothingListens = "exit 7";
const waitsForOthers = `echo '{"etcdserver":"3.5.16","etcdcluster":"not_decided"}'`;
const isOfACluster = `echo '{"etcdserver":"3.5.16","etcdcluster":"3.5.0"}'`;
const silent = "exit 28";
const founders = "db-1=https://db-1:2380,db-2=https://db-2:2380,db-3=https://db-3:2380";

test.each([
  ["nothing listens on the others", [nothingListens]],
  ["the others wait for a majority, as this one is about to", [waitsForOthers]],
  ["the others were silent, and then had none for three rounds", [silent, nothingListens, silent, nothingListens]],
])("begins a cluster when %s", (_, peers) => {
  expect(start({ peers })).toEqual({ etcd: `new ${founders}`, asked: [] });
});

test.each([
  ["are silent: behind it may be a cluster that cannot be reached", silent],
  ["are of a cluster that does not answer just now", isOfACluster],
])("waits, and begins none, while the others %s", (_, peer) => {
  expect(() => start({ peers: [peer] })).toThrow(/status null/);
});

test("joins the cluster that the others began a moment ago with it", () => {
  const members = member("1", "db-1") + member("2", "db-2", false) + member("3", "db-3");
  expect(start({ members, peers: [isOfACluster] })).toEqual({ etcd: `existing ${founders}`, asked: [] });
});

test("takes the place of a predecessor of its name, whose disk is gone", () => {
  const members = member("1", "db-1") + member("2", "db-2") + member("3", "db-3");
  expect(start({ members, peers: [isOfACluster] })).toEqual({
    etcd: "existing db-1=https://db-1:2380,db-3=https://db-3:2380,db-2=https://db-2:2380",
    asked: ["member remove 2", "member add db-2 --peer-urls https://db-2:2380"],
  });
});

test("is added to a cluster that grows", () => {
  expect(start({ members: member("1", "db-1") + member("3", "db-3"), peers: [isOfACluster] })).toEqual({
    etcd: "existing db-1=https://db-1:2380,db-3=https://db-3:2380,db-2=https://db-2:2380",
    asked: ["member add db-2 --peer-urls https://db-2:2380"],
  });
});

test("asks nobody once it has data of its own", () => {
  mkdirSync(join(folder, "data/member/wal"), { recursive: true });
  writeFileSync(join(folder, "data/member/wal/0.wal"), "");
  expect(start({ peers: [silent] })).toEqual({ etcd: "as it was", asked: [] });
});

test("begins anew after an attempt that ended before the others took it", () => {
  mkdirSync(join(folder, "data/member/snap"), { recursive: true });
  const members = member("1", "db-1") + member("2", "db-2", false) + member("3", "db-3");
  expect(start({ members, peers: [isOfACluster] })).toEqual({ etcd: `existing ${founders}`, asked: [] });
  expect(existsSync(join(folder, "data/member"))).toBe(false);
});
