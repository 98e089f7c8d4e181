//! Commands in the fake's containers: health checks by behaviour, scripts, and a few programs that deploys rely on.

use std::time::Duration;

use super::files::Kind;
use super::image::Check;
use super::world::World;
use crate::engine::ExecOutput;

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

/// What becomes of a command.
pub(super) enum Outcome {
    Done(ExecOutput),
    /// Done after this time, if nobody loses patience.
    After(Duration, ExecOutput),
    /// Never done.
    Hangs,
}

pub(super) fn answer(code: i64, output: impl Into<Vec<u8>>) -> ExecOutput {
    let mut output = output.into();
    output.truncate(64 * 1024);
    ExecOutput { code, output }
}

/// Runs a command in a container that runs since `elapsed`.
pub(super) fn run(world: &mut World, container: u64, elapsed: Duration, argv: &[String]) -> Outcome {
    let Some(c) = world.containers.get(&container) else { return Outcome::Done(answer(126, "no such container")) };
    let image = c.image.clone();
    if c.health_argv().as_deref() == Some(argv) {
        return match c.behaviour().check(elapsed) {
            Check::Good => Outcome::Done(answer(0, "")),
            Check::Bad(output) => Outcome::Done(answer(1, output)),
            Check::Hangs => Outcome::Hangs,
        };
    }
    let mut inside = Inside { world, container, elapsed };
    let scripted = image.about.exec.as_ref().and_then(|script| script.run(&mut inside, argv));
    scripted.map_or_else(|| program(&mut inside, argv), Outcome::Done)
}

/// Programs of every image; anything else succeeds without a word.
fn program(inside: &mut Inside<'_>, argv: &[String]) -> Outcome {
    let Some((program, args)) = argv.split_first() else { return Outcome::Done(answer(126, "no command")) };
    let args: Vec<&str> = args.iter().map(String::as_str).filter(|a| !a.starts_with('-')).collect();
    let done = |code, output: Vec<u8>| Outcome::Done(answer(code, output));
    match (program.rsplit('/').next().unwrap_or_default(), args.as_slice()) {
        ("false", _) => done(1, Vec::new()),
        ("cat", [path]) => match inside.read(path) {
            Some(content) => done(0, content),
            None => done(1, format!("cat: {path}: No such file or directory").into()),
        },
        ("mv", [from, to]) => match inside.rename(from, to) {
            true => done(0, Vec::new()),
            false => done(1, format!("mv: cannot move '{from}'").into()),
        },
        ("rm", [path]) => {
            inside.world.remove_path(inside.container, path);
            done(0, Vec::new())
        }
        ("sleep", [seconds]) => match seconds.parse().ok().and_then(|s: f64| Duration::try_from_secs_f64(s).ok()) {
            Some(time) => Outcome::After(time, answer(0, "")),
            None => done(1, b"sleep: invalid time".to_vec()),
        },
        _ => done(0, Vec::new()),
    }
}
