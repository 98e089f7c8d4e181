//! The real engine, asked past the program and past its client: what it says here is the engine's own JSON.

use std::{
    io::{Read as _, Write as _},
    os::unix::net::UnixStream,
    path::PathBuf,
    time::Duration,
};

use serde_json::{Value, json};

use super::http::{Answer, exchange};

/// The label by which everything of a project is found.
const LABEL: &str = "io.medianest.project";

/// A Docker Engine behind a socket.
#[derive(Debug, Clone)]
pub struct Engine {
    socket: PathBuf,
}

impl Engine {
    /// The engine that tests use.
    pub fn local() -> Self {
        let host = std::env::var("DOCKER_HOST").unwrap_or_default();
        let socket = match host.strip_prefix("unix://") {
            Some(path) => path.into(),
            None if host.is_empty() => "/var/run/docker.sock".into(),
            None => panic!("these tests need an engine behind a unix socket, not {host}"),
        };
        Self { socket }
    }

    /// Another one.
    pub fn behind(socket: PathBuf) -> Self {
        Self { socket }
    }

    /// Its socket.
    pub fn socket(&self) -> &std::path::Path {
        &self.socket
    }

    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let (kind, body) = match body {
            Some(value) => ("Content-Type: application/json\r\n", value.to_string().into_bytes()),
            None => ("", Vec::new()),
        };
        self.send(method, path, kind, &body)
    }

    fn send(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Answer {
        let stream = UnixStream::connect(&self.socket).expect("these tests need a Docker Engine");
        stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
        exchange(stream, method, path, headers, body).unwrap_or_else(|e| panic!("{method} {path}: {e}"))
    }

    #[track_caller]
    fn get(&self, path: &str) -> Value {
        let answer = self.call("GET", path, None);
        assert!(answer.status < 300, "GET {path}: {} {}", answer.status, answer.text());
        answer.json()
    }

    /// Fails when an image is missing that the tests run.
    #[track_caller]
    pub fn needs_images(&self, images: &[&str]) {
        for image in images {
            let answer = self.call("GET", &format!("/images/{image}/json"), None);
            assert_eq!(answer.status, 200, "the engine has no image {image}: run `make images`");
        }
    }

    /// Whole descriptions of a project's containers, by name.
    pub fn containers(&self, project: &str) -> Vec<Value> {
        let listed = self.get(&format!("/containers/json?all=1&filters={}", filter(project)));
        let ids = listed.as_array().unwrap().iter().map(|c| c["Id"].as_str().unwrap().to_owned());
        // One that has gone since is not there.
        let answers = ids.map(|id| self.call("GET", &format!("/containers/{id}/json"), None));
        let mut found: Vec<_> = answers.filter(|a| a.status == 200).map(|a| a.json()).collect();
        found.sort_by_key(|c| c["Name"].as_str().map(str::to_owned));
        found
    }

    /// One container; `Null` when there is none.
    pub fn container(&self, name: &str) -> Value {
        let answer = self.call("GET", &format!("/containers/{name}/json"), None);
        if answer.status == 200 { answer.json() } else { Value::Null }
    }

    /// Whole descriptions of a project's networks.
    pub fn networks(&self, project: &str) -> Vec<Value> {
        let listed = self.get(&format!("/networks?filters={}", filter(project)));
        listed.as_array().unwrap().iter().map(|n| self.get(&format!("/networks/{}", n["Id"].as_str().unwrap()))).collect()
    }

    /// Whole descriptions of a project's volumes.
    pub fn volumes(&self, project: &str) -> Vec<Value> {
        let listed = self.get(&format!("/volumes?filters={}", filter(project)));
        listed["Volumes"].as_array().cloned().unwrap_or_default()
    }

    /// The names of everything that belongs to a project.
    pub fn inventory(&self, project: &str) -> Vec<String> {
        let name = |value: &Value| value["Name"].as_str().unwrap_or_default().trim_start_matches('/').to_owned();
        let containers = self.containers(project);
        let mut networks = self.networks(project);
        if containers.is_empty() {
            networks.retain(|network| !self.has_lost_count_of(network));
        }
        let all = [containers, networks, self.volumes(project)];
        let mut names: Vec<_> = all.iter().flatten().map(name).collect();
        names.sort();
        names
    }

    /// Whether the engine refuses to remove a network with nothing in it: older engines lose count of endpoints, and only
    /// their restart mends that (`tests/run.sh` counts such networks).
    fn has_lost_count_of(&self, network: &Value) -> bool {
        let empty = network["Containers"].as_object().is_none_or(serde_json::Map::is_empty);
        empty && {
            let answer = self.call("DELETE", &format!("/networks/{}", network["Id"].as_str().unwrap_or_default()), None);
            answer.status == 403 && answer.text().contains("has active endpoints")
        }
    }

    /// Runs a command in a container, as its own user or as another one; exit code and output.
    #[track_caller]
    pub fn exec(&self, container: &str, user: &str, argv: &[&str]) -> (i64, String) {
        let body = json!({"AttachStdout": true, "AttachStderr": true, "User": user, "Cmd": argv});
        let created = self.call("POST", &format!("/containers/{container}/exec"), Some(&body));
        assert_eq!(created.status, 201, "exec in {container}: {}", created.text());
        let id = created.json()["Id"].as_str().unwrap().to_owned();
        let output = self.call("POST", &format!("/exec/{id}/start"), Some(&json!({"Detach": false})));
        let code = self.get(&format!("/exec/{id}/json"))["ExitCode"].as_i64().unwrap_or(-1);
        (code, String::from_utf8_lossy(&frames(&output.body)).into_owned())
    }

    /// The files below a path of a container, running or not: path and content.
    #[track_caller]
    pub fn archive(&self, container: &str, path: &str) -> Vec<(String, Vec<u8>)> {
        let answer = self.call("GET", &format!("/containers/{container}/archive?path={}", escaped(path)), None);
        assert_eq!(answer.status, 200, "{container}:{path}: {}", answer.text());
        let mut found = Vec::new();
        for entry in tar::Archive::new(&answer.body[..]).entries().unwrap() {
            let mut entry = entry.unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            found.push((entry.path().unwrap().display().to_string(), content));
        }
        found
    }

    /// The numbers of a container's processes, as this machine counts them.
    pub fn processes(&self, container: &str) -> Vec<String> {
        let top = self.get(&format!("/containers/{container}/top?ps_args=-eo%20pid,args"));
        top["Processes"].as_array().unwrap().iter().map(|p| p[0].as_str().unwrap().to_owned()).collect()
    }

    /// A call that changes something, behind the program's back, as the docker command line makes it.
    #[track_caller]
    pub fn post(&self, path: &str, body: &Value) -> Value {
        let answer = self.call("POST", path, Some(body));
        assert!(answer.status < 300, "POST {path}: {} {}", answer.status, answer.text());
        if answer.body.is_empty() { Value::Null } else { answer.json() }
    }

    /// Brings an image to a registry under another name; `auth` is the header that Docker's clients send (base64 of JSON).
    #[track_caller]
    pub fn push(&self, image: &str, repository: &str, tag: &str, auth: &str) {
        let tagged = self.call("POST", &format!("/images/{image}/tag?repo={}&tag={tag}", escaped(repository)), None);
        assert_eq!(tagged.status, 201, "tag {image}: {}", tagged.text());
        let header = format!("X-Registry-Auth: {auth}\r\n");
        let pushed = self.send("POST", &format!("/images/{repository}/push?tag={tag}"), &header, b"");
        assert!(pushed.status == 200 && !pushed.text().contains("errorDetail"), "push {repository}: {}", pushed.text());
        self.call("DELETE", &format!("/images/{repository}:{tag}"), None);
    }

    /// Removes all names of images that begin so.
    pub fn forget_images(&self, prefix: &str) {
        for image in self.get("/images/json").as_array().unwrap() {
            let names = ["RepoTags", "RepoDigests"].map(|list| image[list].as_array().cloned().unwrap_or_default());
            for name in names.iter().flatten().filter_map(Value::as_str).filter(|name| name.starts_with(prefix)) {
                self.call("DELETE", &format!("/images/{name}"), None);
            }
        }
    }

    /// Starts a container, behind the program's back. Without a body: the engine hangs up on one that it does not read.
    #[track_caller]
    pub fn start(&self, name: &str) {
        let answer = self.call("POST", &format!("/containers/{name}/start"), None);
        assert!(answer.status < 300, "start {name}: {}", answer.text());
    }

    /// Removes a container by force, behind the program's back.
    #[track_caller]
    pub fn remove_container(&self, name: &str) {
        let answer = self.call("DELETE", &format!("/containers/{name}?force=1&v=1"), None);
        assert!(answer.status < 300, "remove {name}: {}", answer.text());
    }

    /// Removes everything of a project.
    pub fn clear(&self, project: &str) {
        for container in self.containers(project) {
            self.call("DELETE", &format!("/containers/{}?force=1&v=1", container["Id"].as_str().unwrap_or_default()), None);
        }
        for network in self.networks(project) {
            self.call("DELETE", &format!("/networks/{}", network["Id"].as_str().unwrap_or_default()), None);
        }
        for volume in self.volumes(project) {
            self.call("DELETE", &format!("/volumes/{}?force=1", volume["Name"].as_str().unwrap_or_default()), None);
        }
    }
}

fn filter(project: &str) -> String {
    escaped(&json!({"label": [format!("{LABEL}={project}")]}).to_string())
}

/// A text as a part of a query.
fn escaped(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/');
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// The output of a command, out of the frames in which the engine sends both of its streams.
fn frames(mut bytes: &[u8]) -> Vec<u8> {
    let mut output = Vec::new();
    while let [_, 0, 0, 0, a, b, c, d, rest @ ..] = bytes {
        let size = (u32::from_be_bytes([*a, *b, *c, *d]) as usize).min(rest.len());
        output.write_all(&rest[..size]).unwrap();
        bytes = &rest[size..];
    }
    output
}
