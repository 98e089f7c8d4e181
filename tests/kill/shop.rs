//! A small stack that is quick to update: an ingress, two replicas behind it, a migration; each release has an image, a
//! config and a secret of its own.

use std::{fs, os::unix::process::CommandExt as _, process::Command};

use crate::support::{Engine, Place, Ran, free_port};

/// The two releases.
pub const RELEASES: [&str; 2] = ["v1.0.0", "v1.1.0"];

/// The images that it runs.
const IMAGES: [&str; 3] = ["medianest/frontend:v1.0.0", "medianest/frontend:v1.1.0", "medianest-demo/nginx:1"];

const COMPOSE: &str = r#"
x-medianest: {version: "${MEDIANEST_VERSION}"}

services:
  migrate:
    image: medianest/frontend:${MEDIANEST_VERSION}
    command: [sh, -ec, "test -s /run/secrets/token"]
    restart: "no"
    secrets: [token]
    networks: [shop]
    healthcheck: {disable: true}
    x-medianest: {migration: {attempts: 2, backoff: 1s, verify: ["true"]}}

  web:
    image: medianest/frontend:${MEDIANEST_VERSION}
    restart: unless-stopped
    environment:
      HOSTNAME: 0.0.0.0
      PORT: "3000"
      NEXTAUTH_URL: http://localhost
      NEXTAUTH_SECRET: of-no-use-to-anybody
      # The unkind case: what is in flight when it is told to stop is lost.
      FAULT_EXIT_AT_ONCE: "1"
    secrets: [token]
    configs: [{source: settings, target: /etc/shop/settings.json}]
    networks: [shop]
    stop_grace_period: 2s
    healthcheck:
      test: [CMD, wget, -q, --spider, "http://localhost:3000/api/health"]
      interval: 30s
      timeout: 5s
      retries: 3
      start_period: 30s
    depends_on: {migrate: {condition: service_completed_successfully}}
    deploy:
      replicas: 2
      update_config: {order: start-first, parallelism: 1, monitor: 500ms}

  proxy:
    image: medianest-demo/nginx:1
    restart: unless-stopped
    command: [nginx, -c, /etc/shop/nginx/nginx.conf, -g, "daemon off;"]
    configs:
      - {source: nginx, target: /etc/shop/nginx/nginx.conf}
      - {source: upstreams, target: /etc/shop/upstreams/upstreams.conf}
    networks: [shop]
    ports: ["127.0.0.1:${PORT}:80"]
    stop_signal: SIGQUIT
    stop_grace_period: 5s
    healthcheck:
      test: [CMD, wget, -q, -O, /dev/null, "http://127.0.0.1:80/health"]
      interval: 30s
      timeout: 5s
      retries: 3
      start_period: 30s
    depends_on: {web: {condition: service_healthy}}
    x-medianest:
      ingress:
        config: upstreams
        routes: [{upstream: web, service: web, port: 3000, balance: least_conn}]

networks:
  shop:
    x-medianest: {subnet: auto}

configs:
  settings: {content: "{\"release\": \"${MEDIANEST_VERSION}\"}"}
  nginx: {file: ./nginx.conf}
  upstreams: {content: "upstream web { server web:3000; }"}

secrets:
  token: {file: "./secrets/${MEDIANEST_VERSION}"}
"#;

const NGINX: &str = r#"
worker_processes 1;
pid /run/nginx.pid;
error_log /dev/stderr warn;
events { worker_connections 512; }
http {
    access_log off;
    include /etc/shop/upstreams/*.conf;
    server {
        listen 80 default_server;
        location = /health { return 200 "ok\n"; }
        location / {
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_connect_timeout 2s;
            proxy_next_upstream error timeout http_502 http_503;
            proxy_next_upstream_tries 2;
            proxy_pass http://web;
        }
    }
}
"#;

/// The stack's directory at an engine; nothing is deployed yet.
pub struct Shop {
    /// Its directory.
    pub place: Place,
    /// The engine.
    pub engine: Engine,
    /// The port on which its ingress is published.
    pub port: u16,
}

impl Shop {
    /// At the engine that tests use.
    pub fn new() -> Self {
        Self::at(Engine::local())
    }

    /// At this engine.
    pub fn at(engine: Engine) -> Self {
        engine.needs_images(&IMAGES);
        let (place, port) = (Place::empty().at(engine.socket()), free_port());
        place.write("compose.yaml", &format!("name: {}\n{COMPOSE}", place.project));
        place.write("nginx.conf", NGINX);
        place.write(".env", &format!("MEDIANEST_VERSION={}\nPORT={port}\n", RELEASES[0]));
        fs::create_dir(place.directory.join("secrets")).unwrap();
        for release in RELEASES {
            place.write(&format!("secrets/{release}"), &format!("the-token-of-{release}\n"));
        }
        Self { place, engine, port }
    }

    /// The program here, in a process group of its own: a Ctrl-C at the terminal is meant for the matrix, not for it.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = self.place.command(args);
        command.process_group(0);
        command
    }

    /// Runs the program here.
    pub fn run(&self, args: &[&str]) -> Ran {
        Ran::of(self.command(args))
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.engine.clear(&self.place.project);
    }
}
