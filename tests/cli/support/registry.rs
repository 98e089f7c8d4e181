//! A real registry on a port of this machine, ended with the test, with all that it held and all that the engine got from it.

use std::{
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
};

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::{Answer, Engine, free_port, request, until};

/// Who may read and write where not everybody may: `user` with the password `swordfish`, for the registry as bcrypt has it.
const HTPASSWD: &str = "user:$2b$04$0JJq0bxZKPuN7.RL/5FWHeS8Tbz/McOq1aIJo4WhaibbDKpdMadKC\n";
/// The same for HTTP, and for the engine.
const BASIC: &str = "dXNlcjpzd29yZGZpc2g=";
const FOR_ENGINE: &str = "eyJ1c2VybmFtZSI6InVzZXIiLCJwYXNzd29yZCI6InN3b3JkZmlzaCJ9";
/// Nobody in particular, for the engine: `{}`.
const NOBODY: &str = "e30=";

const MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";

/// The registry.
pub struct Registry {
    engine: Engine,
    child: Child,
    port: u16,
    closed: bool,
    _directory: TempDir,
}

/// The program, got by `tests/registry.sh`.
fn program() -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/registry.sh");
    let output = Command::new(script).output().unwrap();
    assert!(output.status.success(), "no registry can be had: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

impl Registry {
    /// One for everybody.
    pub fn open(engine: &Engine) -> Self {
        Self::start(engine, false)
    }

    /// One that asks for a name and a password.
    pub fn closed(engine: &Engine) -> Self {
        Self::start(engine, true)
    }

    fn start(engine: &Engine, closed: bool) -> Self {
        let (directory, port) = (tempfile::tempdir().unwrap(), free_port());
        let path = |name: &str| directory.path().join(name).display().to_string();
        let auth =
            if closed { format!("auth: {{htpasswd: {{realm: test, path: {}}}}}\n", path("htpasswd")) } else { String::new() };
        let config = format!(
            "version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\n\
             storage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: \"127.0.0.1:{port}\", secret: of-no-use}}\n{auth}",
            path("data")
        );
        std::fs::write(path("htpasswd"), HTPASSWD).unwrap();
        std::fs::write(path("config.yml"), config).unwrap();
        let mut command = Command::new(program());
        command.arg("serve").arg(path("config.yml")).env_clear();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        until("the registry listens", || {
            assert!(child.try_wait().unwrap().is_none(), "the registry has ended");
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        Self { engine: engine.clone(), child, port, closed, _directory: directory }
    }

    /// Its host and port.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The Docker configuration of somebody who is logged in.
    pub fn login(&self) -> String {
        format!(r#"{{"auths": {{"{}": {{"auth": "{BASIC}"}}}}}}"#, self.host())
    }

    /// Brings an image of the engine there.
    pub fn push(&self, image: &str, repository: &str, tag: &str) {
        let auth = if self.closed { FOR_ENGINE } else { NOBODY };
        self.engine.push(image, &format!("{}/{repository}", self.host()), tag, auth);
    }

    fn ask(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Answer {
        let login = if self.closed { format!("Authorization: Basic {BASIC}\r\n") } else { String::new() };
        let answer = request(self.port, method, path, &format!("{login}{headers}"), body);
        assert!(answer.status < 300, "{method} {path}: {} {}", answer.status, answer.text());
        answer
    }

    /// Lets the tag `to` lead to the image that `from` leads to, with another configuration. Returns the new image's
    /// identity as the engine will have it.
    pub fn retag(&self, repository: &str, from: &str, to: &str, change: impl FnOnce(&mut Value)) -> String {
        let manifests = format!("/v2/{repository}/manifests");
        let mut manifest = self.ask("GET", &format!("{manifests}/{from}"), &format!("Accept: {MANIFEST}\r\n"), b"").json();
        let digest = manifest["config"]["digest"].as_str().unwrap();
        let mut config = self.ask("GET", &format!("/v2/{repository}/blobs/{digest}"), "", b"").json();
        change(&mut config);
        let config = config.to_string().into_bytes();
        let digits: String = Sha256::digest(&config).iter().map(|byte| format!("{byte:02x}")).collect();
        let digest = format!("sha256:{digits}");
        let upload = self.ask("POST", &format!("/v2/{repository}/blobs/uploads/"), "", b"");
        let path = upload.header("location").split_once("/v2/").map(|(_, path)| format!("/v2/{path}")).unwrap();
        self.ask("PUT", &format!("{path}&digest={digest}"), "Content-Type: application/octet-stream\r\n", &config);
        manifest["config"]["digest"] = digest.as_str().into();
        manifest["config"]["size"] = config.len().into();
        let kind = format!("Content-Type: {MANIFEST}\r\n");
        self.ask("PUT", &format!("{manifests}/{to}"), &kind, manifest.to_string().as_bytes());
        digest
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.engine.forget_images(&format!("{}/", self.host()));
    }
}
