//! Commands in the fake's containers, their input and output as streams.
//!
//! Owns how a command moves: its input first, then its output, then its time, then its code; a dialogue answers in between. Refuses
//! to run on in the background: what a command does to files is done when it has its input, whoever listens then.

use std::future::ready;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout},
};

use super::{
    FakeEngine,
    container::Life,
    engine::{Answer, fail},
    exec::{self, Asked, Outcome},
};
use crate::engine::command::{input_failed, pieces, silent};
use crate::engine::{Command, CommandEvent, ErrorKind, Input};

/// Code of a command whose container ended.
const KILLED: i64 = 137;

type Events = mpsc::Sender<Answer<CommandEvent>>;

/// A run of a container, so that a command notices its end even when another run follows.
struct Place {
    key: u64,
    id: String,
    since: Instant,
    started: Option<DateTime<Utc>>,
}

impl FakeEngine {
    /// Runs a command.
    pub(super) fn events(&self, name: &str, command: Command) -> BoxStream<'static, Answer<CommandEvent>> {
        let (engine, name) = (self.clone(), name.to_owned());
        let line = format!("run {name} {}", command.argv.join(" "));
        let (events, mut given) = mpsc::channel(1);
        let work = async move {
            let code = engine.changing(line, engine.run_in(&name, command, &events)).await;
            drop(events.send(code.map(CommandEvent::Exit)).await);
        };
        // One future feeds the channel that one stream empties, both of them polled and dropped as one.
        let work = stream::once(work).filter_map(|()| ready(None));
        stream::select(stream::poll_fn(move |cx| given.poll_recv(cx)), work).boxed()
    }

    pub(super) async fn run_in(&self, name: &str, command: Command, events: &Events) -> Answer<i64> {
        let action = command.action(name);
        let place = self.place(&action, name)?;
        tokio::select! {
            biased;
            code = self.command(&action, &place, command, events) => code,
            () = self.ended(&place) => Ok(KILLED),
        }
    }

    fn place(&self, action: &str, name: &str) -> Answer<Place> {
        let mut world = self.world();
        let (key, c) = world.container(action, name)?;
        let Life::Running { since, .. } = c.life else {
            return fail(ErrorKind::NotRunning, action, format!("Container {} is not running", c.id));
        };
        if c.paused {
            let message = format!("Container {} is paused, unpause the container before exec", c.id);
            return fail(ErrorKind::Conflict, action, message);
        }
        Ok(Place { key, id: c.id.clone(), since, started: c.started_at })
    }

    async fn ended(&self, place: &Place) {
        self.until(&place.id, |world| match world.container("look", &place.id) {
            Ok((_, c)) if c.is_running() && c.started_at == place.started => None,
            _ => Some(()),
        })
        .await;
    }

    async fn command(&self, action: &str, place: &Place, command: Command, events: &Events) -> Answer<i64> {
        let Command { argv, user, environment, input, idle } = command;
        let give = async |event| drop(events.send(Ok(event)).await);
        let mut taken = Vec::new();
        if let Some(mut input) = input {
            let dialogue = exec::dialogue(&self.world(), place.key, &argv);
            if let Some(dialogue) = dialogue {
                while let Some(piece) = next(action, &mut input, idle).await? {
                    let question = String::from_utf8_lossy(&piece).into_owned();
                    let elapsed = Instant::now() - place.since;
                    let reply = exec::turn(&mut self.world(), place.key, elapsed, &dialogue, &question);
                    give(CommandEvent::Stdout(reply.stdout.into())).await;
                    give(CommandEvent::Stderr(reply.stderr.into())).await;
                    if reply.code != 0 {
                        return Ok(reply.code);
                    }
                }
                return Ok(0);
            }
            let echoes = matches!(argv.as_slice(), [program] if program.rsplit('/').next() == Some("cat"));
            while let Some(piece) = next(action, &mut input, idle).await? {
                match echoes {
                    true => give(CommandEvent::Stdout(piece)).await,
                    false => taken.extend_from_slice(&piece),
                }
            }
            if echoes {
                return Ok(0);
            }
        }
        let asked = Asked { argv: &argv, user: user.as_deref(), environment: &environment, input: &taken };
        let elapsed = Instant::now() - place.since;
        let outcome = exec::run(&mut self.world(), place.key, elapsed, &asked);
        let Outcome::Ends(reply) = outcome else {
            sleep(idle).await;
            return Err(silent(action, idle));
        };
        for piece in pieces(reply.stdout) {
            give(CommandEvent::Stdout(piece)).await;
        }
        for piece in pieces(reply.stderr) {
            give(CommandEvent::Stderr(piece)).await;
        }
        if reply.after.is_zero() {
            // Even a sleep of no time moves a paused clock on.
            return Ok(reply.code);
        }
        match timeout(idle, sleep(reply.after)).await {
            Ok(()) => Ok(reply.code),
            Err(_) => Err(silent(action, idle)),
        }
    }
}

/// The next piece of an input; `None` at its end.
pub(super) async fn next(action: &str, input: &mut Input, idle: Duration) -> Answer<Option<Bytes>> {
    match timeout(idle, input.next()).await {
        Ok(piece) => piece.transpose().map_err(|error| input_failed(action, &error.to_string())),
        Err(_) => Err(silent(action, idle)),
    }
}
