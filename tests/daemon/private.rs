//! An engine of one test's own: its files on a small file system in a file, its networks in a network namespace of
//! their own, so that nothing that happens to it happens to anybody else.

use std::{
    fs::File,
    io::{BufRead as _, BufReader},
    os::fd::AsRawFd as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::support::{Engine, address, until};

/// What it has at the beginning.
const IMAGES: [&str; 3] = ["medianest/frontend:v1.0.0", "medianest/frontend:v1.1.0", "medianest-demo/nginx:1"];

/// The engine. It is ended, with its containers, when the test loses it.
pub struct Private {
    root: TempDir,
    network: File,
    daemon: Option<Child>,
    live_restore: bool,
}

/// Runs a command that has to succeed.
#[track_caller]
fn run(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

impl Private {
    /// Starts it, with the images; `live_restore` says whether containers outlive it.
    pub fn start(live_restore: bool) -> Self {
        let root = tempfile::tempdir().unwrap();
        let disk = root.path().join("disk");
        File::create(&disk).unwrap().set_len(5 << 30).unwrap();
        std::fs::create_dir(root.path().join("mount")).unwrap();
        std::fs::write(root.path().join("daemon.json"), "{}").unwrap();
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        run("mkfs.ext4", &["-q", "-m", "0", &text(&disk)]);
        run("mount", &["-o", "loop", &text(&disk), &text(&root.path().join("mount"))]);
        let mut engine = Self { root, network: namespace(), daemon: None, live_restore };
        engine.up();
        let load = format!("docker save {} | docker -H {} load", IMAGES.join(" "), address(&engine.socket()));
        run("sh", &["-ec", &load]);
        engine
    }

    /// Starts the daemon, and waits until it answers.
    pub fn up(&mut self) {
        let path = |name: &str| self.root.path().join(name);
        let log = File::create(path("log")).unwrap();
        let mut command = self.within("dockerd");
        command.arg("--config-file").arg(path("daemon.json"));
        command.arg("--data-root").arg(self.mount().join("data"));
        command.arg("--exec-root").arg(path("exec")).arg("--pidfile").arg(path("pid"));
        command.args(["--bridge", "none", "--storage-driver", "overlay2", "-H", &address(&self.socket())]);
        // A registry that is gone is asked once more, not five times with ever longer pauses.
        command.arg(format!("--live-restore={}", self.live_restore)).args(["--max-download-attempts", "2"]);
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        self.daemon = Some(command.spawn().unwrap());
        until("the private engine answers", || self.answers());
    }

    fn answers(&self) -> bool {
        let mut command = Command::new("curl");
        command.args(["-sf", "-m", "5", "-o", "/dev/null", "--unix-socket"]).arg(self.socket()).arg("http://engine/_ping");
        command.status().unwrap().success()
    }

    /// Ends the daemon as its service manager would.
    pub fn down(&mut self) {
        let Some(mut daemon) = self.daemon.take() else { return };
        kill_process(Pid::from_child(&daemon), Signal::TERM).unwrap();
        daemon.wait().unwrap();
    }

    /// Its socket.
    pub fn socket(&self) -> PathBuf {
        self.root.path().join("engine.sock")
    }

    /// Where its file system is mounted.
    pub fn mount(&self) -> PathBuf {
        self.root.path().join("mount")
    }

    /// What it says of itself.
    pub fn engine(&self) -> Engine {
        Engine::behind(self.socket())
    }

    /// Its network namespace.
    pub fn network(&self) -> File {
        self.network.try_clone().unwrap()
    }

    /// A command in its network namespace.
    pub fn within(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--net=/proc/{}/fd/{}", std::process::id(), self.network.as_raw_fd())).arg(program);
        command
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        // Containers that outlive a daemon would keep the file system busy.
        let host = address(&self.socket());
        let clear = format!("docker -H {host} ps -aq | xargs -r docker -H {host} rm -f -v");
        let _ = Command::new("sh").args(["-ec", &clear]).output();
        self.down();
        let mount = self.mount();
        let _ = Command::new("umount").args(["-R"]).arg(&mount).status();
        // Network namespaces of its containers.
        let _ =
            Command::new("sh").arg("-c").arg(format!("umount {}/exec/netns/* 2>/dev/null", self.root.path().display())).status();
    }
}

/// A network namespace with nothing but a loopback device. It lives as long as the file is open, or somebody is in it.
fn namespace() -> File {
    let mut command = Command::new("unshare");
    command.args(["--net", "sh", "-ec", "ip link set lo up; echo there; read -r line"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "there\n");
    let file = File::open(format!("/proc/{}/ns/net", child.id())).unwrap();
    drop(child.stdin.take());
    child.wait().unwrap();
    file
}
