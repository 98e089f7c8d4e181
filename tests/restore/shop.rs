//! A stack of a database, a Redis and an application with a volume, deployed by the program, with data that is hard to keep.

use std::{collections::BTreeMap, fs, path::PathBuf};

use serde_json::json;

use crate::{
    support::{Ran, Site},
    tree::{Seen, fingerprint, make_hostile},
};

const COMPOSE: &str = r#"
services:
  db:
    image: medianest-demo/postgres:15
    environment: {POSTGRES_USER: shop, POSTGRES_DB: shop, POSTGRES_PASSWORD: not-a-secret-here}
    volumes: [data:/var/lib/postgresql/data]
    healthcheck: {test: [CMD, pg_isready, -q, -h, 127.0.0.1, -U, shop], interval: 1s, retries: 60}
  cache:
    image: medianest-demo/redis:7
    command: [redis-server, --appendonly, "yes", --dir, /data]
    volumes: [cache:/data]
    healthcheck: {test: [CMD-SHELL, "redis-cli ping | grep -qx PONG"], interval: 1s, retries: 60}
  app:
    image: medianest-demo/redis:7
    command: [sh, -c, "trap 'exit 0' TERM; while :; do sleep 1 & wait $$!; done"]
    volumes: [uploads:/uploads]
    x-medianest: {backup: {kind: none}}
    depends_on:
      db: {condition: service_healthy}
      cache: {condition: service_healthy}
volumes: {data: {}, cache: {}, uploads: {}}
"#;

/// Tables of odd types, 78,000 rows in 13 tables, roles, settings and grants.
const FILL: &str = r#"
CREATE ROLE reader NOLOGIN;
CREATE ROLE "Odd one" LOGIN PASSWORD 'x';
GRANT reader TO "Odd one";
ALTER DATABASE shop SET search_path TO public, odd;
ALTER DATABASE shop SET work_mem TO '5MB';
GRANT TEMPORARY ON DATABASE shop TO reader;
CREATE SCHEMA odd;
CREATE TYPE odd.colour AS ENUM ('red', 'gr''een', 'b,"lue');
CREATE DOMAIN odd.positive AS numeric CHECK (VALUE > 0);
CREATE TABLE "odd"."Ta""ble; --" (
  id bigserial PRIMARY KEY, colour odd.colour, price odd.positive, at timestamptz, span interval, data jsonb, raw bytea,
  list text[], period tstzrange, net inet, mac macaddr, uid uuid, words tsvector, bits varbit, point point, money money,
  doubled numeric GENERATED ALWAYS AS (price * 2) STORED);
INSERT INTO "odd"."Ta""ble; --" (colour, price, at, span, data, raw, list, period, net, mac, uid, words, bits, point, money)
SELECT (enum_range(NULL::odd.colour))[1 + n % 3], n + 0.5, timestamptz '1999-12-31 23:59:59.999999+00' + n * interval '1 hour',
  n * interval '1 day 3 microseconds', jsonb_build_object('n', n, 'text', E'a\tb\nc"\\'), decode(md5(n::text), 'hex'),
  ARRAY['a', NULL, E'\\N', n::text], tstzrange('2000-01-01', NULL), '10.0.0.1'::inet + n, '08:00:2b:01:02:03', md5(n::text)::uuid,
  to_tsvector('simple', 'some words ' || n), n::bit(16)::varbit, point(n, -n), n::money
FROM generate_series(1, 6000) AS n;
CREATE TABLE parted (n int, text text) PARTITION BY RANGE (n);
CREATE TABLE parted_low PARTITION OF parted FOR VALUES FROM (0) TO (3000);
CREATE TABLE parted_high PARTITION OF parted FOR VALUES FROM (3000) TO (9000);
INSERT INTO parted SELECT n, repeat('x', n % 50) FROM generate_series(1, 6000) AS n;
DO $$ BEGIN FOR i IN 1..11 LOOP
  EXECUTE format('CREATE TABLE plain_%s (n int PRIMARY KEY, text text); INSERT INTO plain_%s SELECT n, md5(n::text) FROM generate_series(1, 6000) AS n', i, i);
END LOOP; END $$;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader;
ALTER TABLE plain_1 OWNER TO "Odd one";
CREATE VIEW seen AS SELECT count(*) FROM plain_1;
CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql AS 'SELECT $1 * 2';
CREATE TABLE load (at timestamptz);
"#;

/// A checksum of each table's rows, and what belongs to the database beside them.
const LOOK: &str = r#"
SELECT format('SELECT %L, count(*), md5(string_agg(t::text, '','' ORDER BY t::text)) FROM %I.%I AS t', relname, nspname, relname)
FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
WHERE relkind IN ('r', 'p', 'v') AND nspname IN ('public', 'odd') AND relname <> 'load' ORDER BY relname \gexec
SELECT 'owner', tableowner FROM pg_tables WHERE tablename = 'plain_1';
SELECT 'grants', relacl FROM pg_class WHERE relname = 'plain_2';
SELECT 'settings', setconfig FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase WHERE datname = 'shop';
SELECT 'database', (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(datacl) AS a), pg_get_userbyid(datdba), datcollate, datallowconn FROM pg_database WHERE datname = 'shop';
SELECT 'roles', string_agg(rolname, ',' ORDER BY rolname) FROM pg_roles WHERE rolname !~ '^pg_';
SELECT 'twice', twice(21);
SELECT 'sequence', last_value FROM odd."Ta""ble; --_id_seq";
"#;

/// All that can be seen of the data.
#[derive(Debug, PartialEq, Eq, Clone)]
pub struct Data {
    pub database: String,
    pub keys: String,
    pub files: BTreeMap<PathBuf, Seen>,
}

pub struct Shop {
    pub site: Site,
}

impl Shop {
    /// Deployed, filled with odd data.
    pub fn deployed() -> Self {
        let site = Site::with_compose(COMPOSE);
        site.engine.needs_images(&["medianest-demo/postgres:15"]);
        let shop = Self { site };
        shop.run(&["deploy"]).exits(0);
        shop.sql(FILL);
        shop.redis(&["EVAL", "for i = 1, 20000 do redis.call('set', 'key:' .. i, i * 3) end redis.call('hset', 'odd', 'a', '\\0\\n') redis.call('set', 'mortal', 'x', 'EX', 100000)", "0"]);
        make_hostile(&shop.uploads());
        for device in ["null", "disk"] {
            fs::remove_file(shop.uploads().join(device)).unwrap();
        }
        shop
    }

    #[track_caller]
    pub fn run(&self, args: &[&str]) -> Ran {
        self.site.run(args)
    }

    fn psql(&self, database: &str, text: &str) -> (i64, String) {
        let script = "printf %s \"$1\" | psql -XAtq -v ON_ERROR_STOP=1 -U shop -d \"$2\"";
        self.site.engine.exec(&self.site.name("db-1"), "", &["sh", "-c", script, "sh", text, database])
    }

    #[track_caller]
    pub fn sql(&self, text: &str) -> String {
        let (code, output) = self.psql("shop", text);
        assert_eq!(code, 0, "{output}");
        output
    }

    #[track_caller]
    pub fn redis(&self, words: &[&str]) -> String {
        let (code, output) = self.site.engine.exec(&self.site.name("cache-1"), "", &[&["redis-cli"], words].concat());
        assert_eq!(code, 0, "{output}");
        output
    }

    fn volume(&self, key: &str) -> PathBuf {
        let name = format!("{}_{key}", self.site.place.project);
        let all = self.site.engine.volumes(&self.site.place.project);
        let found = all.iter().find(|volume| volume["Name"] == name.as_str()).expect("the volume is there");
        found["Mountpoint"].as_str().unwrap().into()
    }

    pub fn uploads(&self) -> PathBuf {
        self.volume("uploads")
    }

    /// What restores have left anywhere.
    pub fn beside(&self) -> Vec<String> {
        let databases = self.psql("postgres", "SELECT datname FROM pg_database WHERE datname ~ '^shop_'").1;
        let mut found: Vec<_> = databases.lines().map(str::to_owned).collect();
        for key in ["uploads", "cache"] {
            found.extend(crate::made::hidden(&self.volume(key)));
        }
        found
    }

    pub fn look(&self) -> Data {
        let sum = "local s, n = 0, 0 for _, k in ipairs(redis.call('keys', 'key:*')) do s = s + redis.call('get', k); n = n + 1 end return n .. ' ' .. s";
        let keys = [self.redis(&["DBSIZE"]), self.redis(&["EVAL", sum, "0"]), self.redis(&["HGETALL", "odd"])].concat();
        let mut files = fingerprint(&self.uploads());
        files.retain(|path, _| !path.to_string_lossy().starts_with(".medianestctl-"));
        Data { database: self.sql(LOOK), keys, files }
    }

    /// Other data than there was.
    pub fn change(&self) {
        self.sql("DROP TABLE plain_1 CASCADE; DELETE FROM plain_2 WHERE n % 2 = 0; UPDATE plain_3 SET text = 'changed'; CREATE TABLE later AS SELECT 1 AS one;");
        self.redis(&["EVAL", "redis.call('flushall') for i = 1, 50 do redis.call('set', 'key:' .. i, i) end", "0"]);
        let uploads = self.uploads();
        fs::remove_file(uploads.join("noise")).unwrap();
        fs::remove_dir_all(uploads.join("links")).unwrap();
        fs::write(uploads.join("text"), "changed").unwrap();
        fs::write(uploads.join("later"), "later").unwrap();
    }

    /// Somebody goes on writing to the database, whoever it belongs to.
    pub fn load(&self) {
        let script = "while :; do psql -Xq -U shop -d shop -c 'INSERT INTO load VALUES (now())' || sleep 0.1; done";
        let name = self.site.name("db-1");
        let body = json!({"Cmd": ["sh", "-c", script], "AttachStdout": false, "AttachStderr": false});
        let made = self.site.engine.post(&format!("/containers/{name}/exec"), &body);
        self.site.engine.post(&format!("/exec/{}/start", made["Id"].as_str().unwrap()), &json!({"Detach": true}));
    }

    /// A backup for everybody to read; its folder.
    pub fn back_up(&self) -> (String, PathBuf) {
        let ran = self.run(&["backup", "create", "--no-encrypt", "--json"]).exits(0);
        let set = ran.events().pop().unwrap()["set"].as_str().unwrap().to_owned();
        let folder = self.site.place.directory.join("backups").join(&self.site.place.project).join(&set);
        (set, folder)
    }
}
