//! A deployment directory, and runs of the program in it that see nothing of the machine's own configuration.

use std::{
    fs,
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

use serde_json::Value;
use tempfile::TempDir;

use super::LIMIT;

static COUNTER: AtomicU32 = AtomicU32::new(0);

/// The program, with nothing of this process's environment but `PATH`.
pub fn program(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_medianestctl"));
    command.env_clear().env("HOME", home);
    command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command
}

/// Lets a command run as somebody who owns nothing. Without root's rights everybody is that already.
pub fn as_nobody(command: &mut Command) {
    const NOBODY: u32 = 65_534;
    if rustix::process::getuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
}

/// A socket as the program takes it.
pub fn address(socket: &Path) -> String {
    format!("unix://{}", socket.display())
}

/// How a run ended, and what it said.
#[derive(Debug)]
pub struct Ran {
    /// Exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Ran {
    /// Runs a command to its end.
    pub fn of(command: Command) -> Self {
        let output = assert_cmd::Command::from_std(command).timeout(LIMIT).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
        Self { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }

    /// The same run, having ended with `code`.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout: {}\nstderr: {}", self.out, self.err);
        self
    }

    /// Everything that was said.
    pub fn all(&self) -> String {
        format!("{}{}", self.out, self.err)
    }

    /// Standard output as one JSON document.
    #[track_caller]
    pub fn document(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e} in {}", self.out))
    }

    /// Standard output as one JSON object a line.
    #[track_caller]
    pub fn events(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e} in {line}"))).collect()
    }

    /// What the run says of an error to a machine, held to its documented shape.
    #[track_caller]
    pub fn json_error(&self) -> Value {
        let event = self.events().pop().unwrap_or_else(|| panic!("nothing on standard output; standard error: {}", self.err));
        assert_eq!((&event["event"], &event["schema"]), (&"error".into(), &1.into()), "{event}");
        let error = &event["error"];
        assert_eq!(error["exit_code"], self.code, "{event}");
        assert!(error["code"].as_str().is_some_and(|c| !c.is_empty()), "{event}");
        assert!(error["message"].as_str().is_some_and(|m| !m.is_empty()), "{event}");
        for list in ["causes", "changes", "details", "notes", "hints"] {
            let list = error[list].as_array().unwrap_or_else(|| panic!("no {list}: {event}"));
            assert!(list.iter().all(Value::is_string), "{event}");
        }
        assert_eq!(error.as_object().map(serde_json::Map::len), Some(8), "{event}");
        error.clone()
    }

    /// The run has told a person of one error, with what to do about it, and said that nothing happened.
    #[track_caller]
    pub fn one_error(self) -> Self {
        let begins = |word: &str| self.err.lines().filter(|line| line.starts_with(word)).count();
        assert_eq!((begins("error:"), self.out.as_str()), (1, ""), "{}", self.err);
        assert!(begins("hint:") + begins("    hint:") > 0, "no hint: {}", self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }
}

/// A deployment directory of a project that nobody else has.
pub struct Place {
    root: TempDir,
    /// The deployment directory.
    pub directory: PathBuf,
    /// The project's name.
    pub project: String,
    /// The engine's address; the default socket when `None`.
    pub host: Option<String>,
}

impl Place {
    /// An empty directory, which everybody may enter.
    pub fn empty() -> Self {
        let root = tempfile::tempdir().unwrap();
        let directory = root.path().join("site");
        for path in [root.path(), &root.path().join("home"), &directory] {
            fs::create_dir_all(path).unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let project = format!("mn-cli-{}-{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed));
        Self { root, directory, project, host: None }
    }

    /// A directory with this Compose file.
    pub fn with_compose(text: &str) -> Self {
        let place = Self::empty();
        place.write("compose.yaml", text);
        place
    }

    /// A directory as `init` makes it.
    pub fn bundled() -> Self {
        let place = Self::empty();
        place.run(&["-p", &place.project, "init", "--non-interactive", "-q"]).exits(0);
        place
    }

    /// The same place at this engine.
    #[must_use]
    pub fn at(mut self, socket: &Path) -> Self {
        self.host = Some(address(socket));
        self
    }

    /// Where a test may put what is no part of the deployment directory.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// Writes a file of the directory.
    pub fn write(&self, path: &str, text: &str) {
        fs::write(self.directory.join(path), text).unwrap();
    }

    /// Reads a file of the directory.
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.directory.join(path)).unwrap()
    }

    /// Appends lines to a file of the directory.
    pub fn append(&self, path: &str, text: &str) {
        self.write(path, &format!("{}{text}", self.read(path)));
    }

    /// The program, in this directory and at this engine.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = program(&self.root.path().join("home"));
        command.arg("-C").arg(&self.directory).args(args);
        // Flag wins over variable: a test may name another engine.
        command.envs(self.host.as_ref().map(|host| ("DOCKER_HOST", host)));
        command
    }

    /// Runs the program here.
    pub fn run(&self, args: &[&str]) -> Ran {
        Ran::of(self.command(args))
    }

    /// Text without what differs from run to run: paths and names of this place.
    pub fn plain(&self, text: &str) -> String {
        text.replace(&*self.directory.to_string_lossy(), "[DIR]")
            .replace(&*self.root.path().to_string_lossy(), "[TMP]")
            .replace(&self.project, "[PROJECT]")
    }

    /// Every secret's value, by the name of its file.
    pub fn secrets(&self) -> Vec<(String, String)> {
        let files = fs::read_dir(self.directory.join("secrets")).unwrap().map(Result::unwrap);
        let mut secrets: Vec<_> = files
            .map(|file| (file.file_name().into_string().unwrap(), fs::read_to_string(file.path()).unwrap().trim().to_owned()))
            .collect();
        secrets.sort();
        assert!(secrets.iter().all(|(_, value)| value.len() >= 16), "short values could be found anywhere");
        secrets
    }

    /// No secret's value stands in `text`.
    #[track_caller]
    pub fn assert_no_secret(&self, what: &str, text: &[u8]) {
        for (name, value) in self.secrets() {
            let found = text.windows(value.len()).any(|part| part == value.as_bytes());
            assert!(!found, "the value of {name} stands in {what}");
        }
    }
}
