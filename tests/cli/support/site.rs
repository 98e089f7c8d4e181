//! A project at the real engine, gone with everything that belongs to it when the test is over, however it ends.

use std::net::TcpListener;

use serde_json::Value;

use super::{Engine, Place, Ran};

/// The images of the bundled stack that no application release names.
const IMAGES: [(&str, &str); 3] = [
    ("POSTGRES_IMAGE", "medianest-demo/postgres:15"),
    ("REDIS_IMAGE", "medianest-demo/redis:7"),
    ("NGINX_IMAGE", "medianest-demo/nginx:1"),
];
/// What the stand-in's migrations allow.
const MIGRATIONS: &str = "MIGRATIONS_BACKWARD_COMPATIBLE=<2.0.0\n";

/// A port of this machine that nobody listens on.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A project at the real engine.
pub struct Site {
    /// Its directory.
    pub place: Place,
    /// The engine.
    pub engine: Engine,
    /// The port on which its ingress is published.
    pub port: u16,
}

impl Site {
    /// With this Compose file; its images are `medianest-demo/redis:7` or none that exist.
    pub fn with_compose(text: &str) -> Self {
        let engine = Engine::local();
        engine.needs_images(&["medianest-demo/redis:7"]);
        let place = Place::empty();
        place.write("compose.yaml", &format!("name: {}\n{text}", place.project));
        Self { place: place.at(engine.socket()), engine, port: free_port() }
    }

    /// The bundled stack with the demo's images, not deployed yet.
    pub fn bundled() -> Self {
        let engine = Engine::local();
        engine.needs_images(&IMAGES.map(|(_, image)| image));
        let releases = ["v1.0.0", "v1.1.0"].map(|v| [format!("medianest/backend:{v}"), format!("medianest/frontend:{v}")]);
        engine.needs_images(&releases.iter().flatten().map(String::as_str).collect::<Vec<_>>());
        let (place, port) = (Place::empty().at(engine.socket()), free_port());
        let (project, number) = (place.project.clone(), port.to_string());
        place.run(&["-p", &project, "init", "--non-interactive", "--bind", "127.0.0.1", "--http-port", &number]).exits(0);
        place.append(".env", &IMAGES.map(|(name, image)| format!("{name}={image}\n")).concat());
        place.append(".env", MIGRATIONS);
        Self { place, engine, port }
    }

    /// Replaces the user's own override file.
    pub fn overrides(&self, text: &str) {
        self.place.write("compose.override.yaml", text);
    }

    /// Runs the program for this project.
    pub fn run(&self, args: &[&str]) -> Ran {
        self.place.run(args)
    }

    /// The project's containers.
    pub fn containers(&self) -> Vec<Value> {
        self.engine.containers(&self.place.project)
    }

    /// The project's containers of a role.
    pub fn of_role(&self, role: &str) -> Vec<Value> {
        let of_role = |c: &Value| c["Config"]["Labels"]["io.medianest.role"] == role;
        self.containers().into_iter().filter(|c| of_role(c) && !kept(c)).collect()
    }

    /// Name, identifier and start of every container of a service: what tells whether one was touched.
    pub fn identities(&self, service: &str) -> Vec<[String; 3]> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let of_service = |c: &Value| {
            let labels = &c["Config"]["Labels"];
            labels["com.docker.compose.service"] == service && labels["io.medianest.role"] == "service"
        };
        let all = self.containers().into_iter().filter(|c| of_service(c) && !kept(c));
        all.map(|c| [text(&c["Name"]), text(&c["Id"]), text(&c["State"]["StartedAt"])]).collect()
    }

    /// The name of one of the project's containers.
    pub fn name(&self, rest: &str) -> String {
        format!("{}-{rest}", self.place.project)
    }

    /// Nothing of the project is at the engine.
    #[track_caller]
    pub fn assert_nothing_there(&self) {
        assert_eq!(self.engine.inventory(&self.place.project), Vec::<String>::new());
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.engine.clear(&self.place.project);
    }
}

/// Whether a container is kept for a way back: it is none of what is wanted now.
fn kept(container: &Value) -> bool {
    container["Name"].as_str().is_some_and(|name| name.ends_with("-previous"))
}
