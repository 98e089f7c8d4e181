//! Commands in the fake's containers: health checks by behaviour, scripts, and a few programs that deploys rely on.

use std::time::Duration;

use super::files::Kind;
use super::image::{Check, Dialogue};
use super::world::World;
use crate::engine::ExecOutput;
use crate::secret::Secret;

/// A running container as a command in it sees it.
pub struct Inside<'a> {
    pub(super) world: &'a mut World,
    pub(super) container: u64,
    pub(super) elapsed: Duration,
}

impl Inside<'_> {
    /// The container's name.
    pub fn name(&self) -> &str {
        self.world.containers.get(&self.container).map_or("", |c| c.spec.name.as_str())
    }

    /// Time since its start.
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Signals that it has got since its start, oldest first.
    pub fn signals(&self) -> &[String] {
        self.world.containers.get(&self.container).map_or(&[], |c| c.signals.as_slice())
    }

    /// Whether a container of this name is frozen by now.
    pub fn is_frozen(&self, name: &str) -> bool {
        self.world.find(name).and_then(|key| self.world.containers.get(&key)).is_some_and(|c| c.paused)
    }

    /// Content of a file.
    pub fn read(&self, path: &str) -> Option<Vec<u8>> {
        match &self.world.view(self.container).get(super::files::clean(path).as_str())?.kind {
            Kind::File(content) => Some(content.clone()),
            Kind::Directory | Kind::Link(_) => None,
        }
    }

    /// Renames a file or directory, replacing what is there; `false` when there is none, or it cannot be written.
    pub fn rename(&mut self, from: &str, to: &str) -> bool {
        self.world.rename_path(self.container, from, to)
    }
}

/// A command as its script sees it, when all of its input is there.
pub struct Asked<'a> {
    /// Program and arguments.
    pub argv: &'a [String],
    /// Who it runs as, when that was said.
    pub user: Option<&'a str>,
    /// Its own variables.
    pub environment: &'a [(String, Secret<String>)],
    /// What it reads.
    pub input: &'a [u8],
}

/// What a command does: it writes, lives for a while, and ends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reply {
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
    /// How long it lives after its output.
    pub after: Duration,
    /// Exit code.
    pub code: i64,
}

impl From<ExecOutput> for Reply {
    fn from(output: ExecOutput) -> Self {
        Self { stdout: output.output, code: output.code, ..Self::default() }
    }
}

/// What becomes of a command.
pub(super) enum Outcome {
    Ends(Reply),
    /// Never done.
    Hangs,
}

fn answer(code: i64, output: impl Into<Vec<u8>>) -> Outcome {
    Outcome::Ends(Reply { stdout: output.into(), code, ..Reply::default() })
}

/// The program of the container's image that answers this command's input piece by piece.
pub(super) fn dialogue(world: &World, container: u64, argv: &[String]) -> Option<Dialogue> {
    let image = &world.containers.get(&container)?.image;
    image.about.dialogues.iter().find(|dialogue| dialogue.is_of(argv)).cloned()
}

/// What such a program answers.
pub(super) fn turn(world: &mut World, container: u64, elapsed: Duration, dialogue: &Dialogue, question: &str) -> Reply {
    dialogue.answer(&mut Inside { world, container, elapsed }, question)
}

/// Runs a command in a container that runs since `elapsed`.
pub(super) fn run(world: &mut World, container: u64, elapsed: Duration, asked: &Asked<'_>) -> Outcome {
    let Some(c) = world.containers.get(&container) else { return answer(126, "no such container") };
    let image = c.image.clone();
    if c.health_argv().as_deref() == Some(asked.argv) {
        return match c.behaviour().check(elapsed) {
            Check::Good => answer(0, ""),
            Check::Bad(output) => answer(1, output),
            Check::Hangs => Outcome::Hangs,
        };
    }
    let mut inside = Inside { world, container, elapsed };
    let about = &image.about;
    let scripted = about.commands.as_ref().and_then(|script| script.run(&mut inside, asked));
    let scripted =
        scripted.or_else(|| about.exec.as_ref().and_then(|script| script.run(&mut inside, asked.argv)).map(Reply::from));
    scripted.map_or_else(|| program(&mut inside, asked.argv), Outcome::Ends)
}

/// Programs of every image; anything else succeeds without a word.
fn program(inside: &mut Inside<'_>, argv: &[String]) -> Outcome {
    let Some((program, args)) = argv.split_first() else { return answer(126, "no command") };
    let args: Vec<&str> = args.iter().map(String::as_str).filter(|a| !a.starts_with('-')).collect();
    match (program.rsplit('/').next().unwrap_or_default(), args.as_slice()) {
        ("false", _) => answer(1, ""),
        ("cat", [path]) => match inside.read(path) {
            Some(content) => answer(0, content),
            None => answer(1, format!("cat: {path}: No such file or directory")),
        },
        ("mv", [from, to]) => match inside.rename(from, to) {
            true => answer(0, ""),
            false => answer(1, format!("mv: cannot move '{from}'")),
        },
        ("rm", [path]) => {
            inside.world.remove_path(inside.container, path);
            answer(0, "")
        }
        ("sleep", [seconds]) => match seconds.parse().ok().and_then(|s: f64| Duration::try_from_secs_f64(s).ok()) {
            Some(after) => Outcome::Ends(Reply { after, ..Reply::default() }),
            None => answer(1, "sleep: invalid time"),
        },
        _ => answer(0, ""),
    }
}
