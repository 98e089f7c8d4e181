//! Compose projects in memory, and fake engines that have what they need.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use medianestctl::compose::{self, MapSource, Request};
use medianestctl::engine::fake::{Behaviour, FakeEngine, FakeImage};
use medianestctl::model::{SecretName, Stack};
use medianestctl::secret::FingerprintKey;

/// A project as an operator has it: Compose files, variables, secrets.
#[derive(Clone)]
pub struct Project {
    source: MapSource,
    variables: BTreeMap<String, String>,
    /// Content by name; one that is missing here is missing on this machine.
    pub secrets: BTreeMap<SecretName, Vec<u8>>,
    /// `--wait-timeout`.
    pub patience: Option<Duration>,
    /// Each new key is another one, so that a key made in vain shows.
    keys: Arc<AtomicU8>,
}

impl Project {
    /// A project of one Compose file.
    pub fn new(compose: &str) -> Self {
        Self {
            source: MapSource::default().file("/srv/shop/compose.yaml", compose),
            variables: BTreeMap::new(),
            secrets: BTreeMap::new(),
            patience: None,
            keys: Arc::default(),
        }
    }

    /// The stack that is shipped.
    pub fn bundled() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("compose");
        let mut project = Self::new(&std::fs::read_to_string(root.join("compose.yaml")).unwrap());
        for file in ["nginx.conf", "site.conf", "tls.conf", "upstreams.conf"] {
            let path = format!("nginx/{file}");
            if let Ok(content) = std::fs::read(root.join(&path)) {
                project = project.file(&path, content);
            }
        }
        let mut project = project.var("MEDIANEST_VERSION", "v1.0.0");
        for name in project.stack().secrets.keys() {
            project.secrets.insert(name.clone(), format!("content of {name}").into_bytes());
        }
        project
    }

    /// With a file beside the Compose file.
    pub fn file(mut self, path: &str, content: impl Into<Vec<u8>>) -> Self {
        self.source = self.source.file(&format!("/srv/shop/{path}"), content);
        self
    }

    /// With a variable.
    pub fn var(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// With a secret on this machine.
    pub fn secret(mut self, name: &str, content: &str) -> Self {
        self.secrets.insert(name.parse().unwrap(), content.into());
        self
    }

    /// What the loader makes of it.
    pub fn stack(&self) -> Stack {
        let request = Request {
            directory: "/srv/shop".into(),
            files: vec!["/srv/shop/compose.yaml".into()],
            overrides: self.variables.clone(),
            ..Request::default()
        };
        compose::load(&self.source, &request).unwrap_or_else(|e| panic!("the project is not valid: {e:#?}")).stack
    }

    pub(super) fn new_key(&self) -> FingerprintKey {
        let number = self.keys.fetch_add(1, Ordering::Relaxed) + 1;
        let fill = &mut |bytes: &mut [u8]| {
            bytes.fill(number);
            Ok(())
        };
        FingerprintKey::generate(fill).unwrap()
    }
}

/// A database, its migration, two replicas behind a proxy.
pub fn shop() -> Project {
    shop_but(&[])
}

/// The shop with other words in the places of some in its Compose file.
pub fn shop_but(edits: &[(&str, &str)]) -> Project {
    let mut compose = r#"
name: shop
x-medianest: {version: "${VERSION:-v1}"}
services:
  db:
    image: shop/db:${DB_TAG:-1}
    user: "70:70"
    restart: unless-stopped
    environment: {POSTGRES_PASSWORD_FILE: /run/secrets/db_password}
    secrets: [db_password]
    volumes: [data:/data]
    networks: [inside]
    healthcheck: {test: [CMD, db-ready]}
  migrate:
    image: shop/api:${VERSION:-v1}
    user: "1000:1000"
    command: [migrate]
    secrets: [db_password]
    networks: [inside]
    healthcheck: {disable: true}
    depends_on: {db: {condition: service_healthy}}
    x-medianest: {migration: {attempts: 3, backoff: 2s, verify: [verify], backward_compatible: "${COMPATIBLE:-*}"}}
  api:
    image: shop/api:${VERSION:-v1}
    user: "1000:1000"
    restart: unless-stopped
    environment: {LOG_LEVEL: "${LOG_LEVEL:-info}"}
    secrets: [api_token]
    configs: [{source: settings, target: /etc/api/settings.json}]
    networks: [inside, front]
    healthcheck: {test: [CMD, api-ready]}
    deploy: {replicas: "${REPLICAS:-2}"}
    depends_on:
      db: {condition: service_healthy, restart: "${API_RESTARTS:-false}"}
      migrate: {condition: service_completed_successfully}
  proxy:
    image: shop/proxy:1
    user: "101:101"
    restart: unless-stopped
    configs: [{source: upstreams, target: /etc/proxy/upstreams.conf}]
    ports: ["8080:80"]
    networks: [front]
    healthcheck: {test: [CMD, proxy-ready]}
    depends_on: {api: {condition: service_healthy}}
    x-medianest:
      ingress:
        config: upstreams
        routes: [{upstream: api, service: api, port: 4000}]
networks:
  inside: {internal: true}
  front: {x-medianest: {subnet: auto}}
volumes:
  data: {x-medianest: {uid: 70, gid: 70, mode: "0700"}}
configs:
  settings: {file: settings.json}
  upstreams: {file: upstreams.conf}
secrets:
  db_password: {file: secrets/db_password}
  api_token: {file: secrets/api_token}
"#
    .to_owned();
    for (old, new) in edits {
        assert!(compose.contains(old), "{old} stands in the file");
        compose = compose.replacen(old, new, 1);
    }
    Project::new(&compose)
        .file("settings.json", "{\"colour\": \"blue\"}")
        .file("upstreams.conf", "upstream api { server api:4000; }")
        .secret("db_password", "correct horse")
        .secret("api_token", "battery staple")
}

/// An image whose containers are healthy a second after their start.
pub fn good() -> FakeImage {
    FakeImage::unchecked(Behaviour::Healthy { after: Duration::from_secs(1) })
}

fn job(code: i64) -> Behaviour {
    Behaviour::ExitsWith { code, after: Duration::from_secs(2), log: Vec::new() }
}

/// An engine that has every image of the stack; its jobs succeed.
pub fn stocked(engine: FakeEngine, stack: &Stack) -> FakeEngine {
    let mut engine = engine;
    for service in stack.services.values() {
        engine = engine.with_image(&service.image.to_string(), good());
        if service.is_job(stack) {
            let prefix = format!("{}-{}", stack.project, service.name);
            for name in ["1", "verify"] {
                for suffix in ["", "-next", "-next-2", "-next-3"] {
                    engine = engine.with_script_for(&format!("{prefix}-{name}{suffix}"), job(0));
                }
            }
        }
    }
    engine
}

/// An engine that has what `shop` needs, in the versions v1 and v2.
pub fn shop_engine() -> FakeEngine {
    let engine = stocked(FakeEngine::new(), &shop().stack());
    engine.with_image("shop/api:v2", good()).with_image("shop/db:2", good())
}
