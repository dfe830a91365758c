import { setupFilesOf } from "../../components/rendering/setup.ts";
import { filesOf } from "../../components/rendering/files.ts";
import { describeOnDebian, onDebian } from "./support/debian.ts";
import { rootOf } from "./support/root.ts";
import { app, db } from "./support/roles.ts";

/** The tools that lay out a machine's files for the users of its services, and a cluster such as Patroni makes. */
const cluster = `set -e
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=db-1 -keyout /etc/quickcart/db/db.key -out /etc/quickcart/db/db.crt 2> /dev/null
  cp /etc/quickcart/db/db.crt /etc/quickcart/db/authority.crt
  eval "$(sed -n '/^hand() {/,/^}/p' /usr/local/sbin/quickcart-apply)"
  hand etcd /etc/quickcart/db/db.key /var/lib/etcd/db.key
  hand postgres /etc/quickcart/db/db.key /var/lib/postgresql/db.key
  hand postgres /etc/quickcart/db/patroni.yml /etc/patroni/config.yml
  hand postgres /etc/quickcart/db/roles.sql /etc/patroni/roles.sql
  hand postgres /etc/quickcart/db/pgbouncer.ini /etc/pgbouncer/pgbouncer.ini
  hand postgres /etc/quickcart/db/userlist.txt /etc/pgbouncer/userlist.txt
  as() { runuser -u "$1" -- "\${@:2}"; }
  settings() { python3 - "$1" <<'END'
import sys, yaml
config = yaml.safe_load(open("/etc/patroni/config.yml"))
if sys.argv[1] == "postgresql.conf":
  own = {**config["bootstrap"]["dcs"]["postgresql"]["parameters"], **config["postgresql"]["parameters"]}
  # No test machine has the memory that production has.
  own.update(shared_buffers="16MB", listen_addresses="127.0.0.1")
  print("\\n".join("%s = '%s'" % one for one in own.items()))
else: print("\\n".join(config["postgresql"][sys.argv[1]]))
END
  }
  data=/var/lib/postgresql/17/quickcart bin=/usr/lib/postgresql/17/bin
  mkdir -p /run/postgresql /dev/shm && chown postgres /run/postgresql && chmod 1777 /dev/shm
  ip link set lo up
  as postgres $bin/initdb --no-sync --auth-local peer --auth-host scram-sha-256 --pgdata $data > /dev/null
  settings postgresql.conf >> $data/postgresql.conf; settings pg_hba > $data/pg_hba.conf; settings pg_ident > $data/pg_ident.conf
  as postgres $bin/pg_ctl --pgdata $data --silent --log /tmp/log start || { cat /tmp/log; exit 1; }
  as postgres /usr/local/sbin/quickcart-roles
  sql() { PGPASSWORD=$2 psql --no-psqlrc --quiet --tuples-only --no-align --host "$3" --port "$4" --username "$1" --dbname "$5" --command "$6" 2>&1 || true; }
`;

async function onCluster(command: string): Promise<string[]> {
  const root = await rootOf([...filesOf(db), ...setupFilesOf(db)]);
  return onDebian(root, `${cluster}\n${command}`).trim().split("\n");
}

describeOnDebian("the database's own programs accept what is rendered", () => {
  test("for an app server's way there", async () => {
    const said = onDebian(await rootOf(filesOf(app)), `set -e
      openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=x -keyout /key -out /etc/quickcart/authority.crt 2> /dev/null
      mkdir -p /run/quickcart-database
      haproxy -c -f /etc/quickcart/database.cfg 2>&1 | grep -v 'could not resolve\\|^Configuration file is valid' || true
      echo accepted`);
    expect(said.trim()).toBe("accepted");
  });
});

describeOnDebian("PostgreSQL with these roles", () => {
  const { app: appPassword, owner } = db.passwords;

  test("lets the app read and write rows of the owner's tables, and nothing else", async () => {
    expect(await onCluster(`
      sql owner ${owner} 127.0.0.1 5432 app 'CREATE TABLE orders (id int)'
      sql app ${appPassword} 127.0.0.1 5432 app 'INSERT INTO orders VALUES (7) RETURNING id'
      sql app ${appPassword} 127.0.0.1 5432 app 'CREATE TABLE mine (id int)' | head -n 1
      sql app ${appPassword} 127.0.0.1 5432 app 'DROP TABLE orders'
      sql app ${appPassword} 127.0.0.1 5432 app 'SELECT * FROM pg_authid'
      sql app ${appPassword} 127.0.0.1 5432 app 'SHOW synchronous_commit'
      sql app wrong 127.0.0.1 5432 app 'SELECT 1' | grep -o 'password authentication failed for user "app"' | head -n 1
      sql postgres any 127.0.0.1 5432 app 'SELECT 1' | grep -o 'pg_hba.conf rejects' | head -n 1
    `)).toEqual([
      "7", "ERROR:  permission denied for schema public", "ERROR:  must be owner of table orders", "ERROR:  permission denied for table pg_authid", "local",
      'password authentication failed for user "app"', "pg_hba.conf rejects",
    ]);
  });
});
