//! A small stack with a database of each kind and an application that writes to all of it, without a pause.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf, process::Command};

use serde_json::Value;

use crate::support::{Ran, Site, until};

const COMPOSE: &str = r#"
services:
  postgres:
    image: medianest-demo/postgres:15
    user: "70:70"
    read_only: true
    environment: {POSTGRES_USER: shop, POSTGRES_DB: shop, POSTGRES_PASSWORD_FILE: /run/secrets/postgres_password}
    secrets: [postgres_password]
    volumes: [pg:/var/lib/postgresql/data]
    tmpfs: ["/tmp:size=64m,mode=1777", "/run/postgresql:size=1m,mode=1777"]
    networks: [inside]
    healthcheck: {test: [CMD, pg_isready, -q, -h, 127.0.0.1, -U, shop, -d, shop]}
  redis:
    image: medianest-demo/redis:7
    user: "999:1000"
    command:
      - sh
      - -ec
      - |
        exec redis-server - <<CONFIGURATION
        requirepass $$(cat /run/secrets/redis_password)
        dir /data
        appendonly yes
        CONFIGURATION
    secrets: [redis_password]
    volumes: [rd:/data]
    networks: [inside]
    healthcheck: {test: ["CMD-SHELL", "REDISCLI_AUTH=\"$$(cat /run/secrets/redis_password)\" redis-cli ping | grep -qx PONG"]}
  app:
    image: medianest-demo/postgres:15
    user: "1001:1001"
    init: true
    entrypoint:
      - sh
      - -c
      - |
        export PGPASSWORD=$$(cat /run/secrets/postgres_password) PGHOST=postgres PGUSER=shop PGDATABASE=shop
        word=$$(cat /run/secrets/redis_password)
        psql -qc 'create table if not exists counter (n int)' -c 'insert into counter values (0)'
        i=0
        while :; do
          i=$$((i + 1))
          echo $$i > /files/counter.new
          mv /files/counter.new /files/counter
          until psql -qc "update counter set n = $$i"; do :; done
          until [ "$$(printf 'AUTH %s\r\nSET counter count-%06d\r\nQUIT\r\n' "$$word" $$i | nc redis 6379 | grep -c OK)" = 3 ]; do :; done
        done
    secrets: [postgres_password, redis_password]
    tmpfs: ["/var/lib/postgresql/data"]
    volumes: [files:/files]
    networks: [inside]
    healthcheck: {test: [CMD, test, -e, /files/counter]}
    stop_grace_period: 1s
    depends_on: {postgres: {condition: service_healthy}, redis: {condition: service_healthy}}
    x-medianest: {backup: {kind: none}}
networks:
  inside: {internal: true}
volumes:
  pg: {x-medianest: {uid: 70, gid: 70, mode: "0700"}}
  rd: {x-medianest: {uid: 999, gid: 1000, mode: "0700"}}
  files: {x-medianest: {uid: 1001, gid: 1001, mode: "0750"}}
secrets:
  postgres_password: {file: secrets/postgres_password}
  redis_password: {file: secrets/redis_password}
"#;

/// The stack, running.
pub struct Shop {
    pub site: Site,
}

impl Shop {
    /// Deployed, with keys; `more` goes into the Compose file.
    pub fn deployed(more: &str) -> Self {
        let site = Site::with_compose(&format!("{more}{COMPOSE}"));
        site.engine.needs_images(&["medianest-demo/postgres:15"]);
        fs::create_dir(site.place.directory.join("secrets")).unwrap();
        for name in ["postgres_password", "redis_password"] {
            site.place.write(&format!("secrets/{name}"), &format!("{name}-of-{}", site.place.project.replace('-', "x")));
            let private = fs::Permissions::from_mode(0o600);
            fs::set_permissions(site.place.directory.join("secrets").join(name), private).unwrap();
        }
        site.place.write(".env", "UNUSED=a value that only the secrets may have\n");
        let shop = Self { site };
        shop.site.run(&["deploy"]).exits(0);
        fs::create_dir_all(shop.site.place.directory.join("backup")).unwrap();
        let made = Command::new("age-keygen").arg("-o").arg(shop.identity()).output().unwrap();
        assert!(made.status.success(), "age-keygen is needed");
        let public = Command::new("age-keygen").arg("-y").arg(shop.identity()).output().unwrap();
        shop.site.place.write("backup/recipients.txt", &String::from_utf8(public.stdout).unwrap());
        shop
    }

    /// The private key, which the deployment does not have.
    pub fn identity(&self) -> PathBuf {
        self.site.place.beside("identity.txt")
    }

    /// Makes a backup; gives what was told of it.
    pub fn backup(&self, args: &[&str]) -> Value {
        let ran = self.site.run(&[&["backup", "create", "--json"], args].concat()).exits(0);
        ran.events().pop().unwrap()
    }

    /// The folder of a set at a target.
    pub fn folder(&self, target: &str, set: &Value) -> PathBuf {
        self.site.place.directory.join(target).join(&self.site.place.project).join(set["set"].as_str().unwrap())
    }

    /// The plain content of an object, by the tools that everybody has.
    pub fn plain(&self, object: &std::path::Path) -> Vec<u8> {
        let command = format!("age -d -i '{}' '{}' | zstd -d", self.identity().display(), object.display());
        shell(&command)
    }

    /// What a command in a container says.
    pub fn exec(&self, service: &str, script: &str) -> String {
        let (code, output) = self.site.engine.exec(&self.site.name(&format!("{service}-1")), "", &["sh", "-c", script]);
        assert_eq!(code, 0, "{output}");
        output.trim().to_owned()
    }

    /// The state of a service's container.
    pub fn state(&self, service: &str) -> String {
        let container = self.site.engine.container(&self.site.name(&format!("{service}-1")));
        container["State"]["Status"].as_str().unwrap_or_default().to_owned()
    }

    /// The application goes on: it counts.
    pub fn assert_goes_on(&self) {
        until("the application runs", || self.state("app") == "running");
        let before = self.exec("app", "cat /files/counter");
        until("the application counts", || self.exec("app", "cat /files/counter") != before);
    }

    /// Folders that a target has of this stack, with whether each is a backup.
    pub fn sets(&self, target: &str) -> Vec<(String, bool)> {
        let stack = self.site.place.directory.join(target).join(&self.site.place.project);
        let Ok(entries) = fs::read_dir(stack) else { return Vec::new() };
        let folders = entries.map(Result::unwrap).filter(|entry| entry.path().is_dir());
        folders.map(|f| (f.file_name().into_string().unwrap(), f.path().join("manifest.json").exists())).collect()
    }
}

/// Runs a shell command; gives its output.
pub fn shell(command: &str) -> Vec<u8> {
    let output = Command::new("bash").args(["-euo", "pipefail", "-c", command]).output().unwrap();
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// The same as text.
pub fn text(command: &str) -> String {
    String::from_utf8_lossy(&shell(command)).trim().to_owned()
}

/// A run that is told apart from others in a message.
pub fn told(ran: &Ran) -> String {
    format!("stdout: {}\nstderr: {}", ran.out, ran.err)
}
