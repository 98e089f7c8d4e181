//! PostgreSQL: a transaction that holds the moment, the dump and the count of rows at that moment, the roles.
//!
//! Owns everything that is asked of the server, and that sessions of runs that died are ended. Refuses to read a dump whose
//! program did not end well.

use std::{collections::BTreeMap, sync::mpsc, time::Duration};

use tokio_util::sync::CancellationToken;

use super::{
    PartError,
    job::Job,
    output,
    pipe::Pipe,
    session::{Dialect, Session},
};
use crate::{
    backup::{
        pipeline::{StoreError, Stored},
        plan::{Container, DumpWay},
        set::SetId,
    },
    engine::{Command, Engine},
};

const SCRIPT: &str = include_str!("postgres.sh");
const ROWS: &str = include_str!("rows.sql");

/// How sessions of ours are called at the server; a run's identifier follows.
const APPLICATION: &str = "medianestctl backup ";
/// For an answer that needs no reading of tables.
const SOON: Duration = Duration::from_secs(30);
/// For counting all rows.
const COUNTING: Duration = Duration::from_secs(6 * 3600);
/// How long a dump may give nothing: it sorts, or waits for a lock.
const SILENCE: Duration = Duration::from_secs(1800);

/// Where it is asked.
struct Server<'a> {
    engine: &'a dyn Engine,
    container: Container,
    user: String,
    database: String,
    application: String,
}

/// A database whose moment is held.
pub(super) struct Postgres<'a> {
    server: Server<'a>,
    way: DumpWay,
    session: Session,
    snapshot: String,
    pub(super) version: String,
}

impl<'a> Postgres<'a> {
    /// Connects, ends what runs that died have left, and begins the transaction that will hold the moment.
    pub(super) async fn open(
        engine: &'a dyn Engine,
        container: &Container,
        (user, database): (&str, &str),
        way: DumpWay,
        set: SetId,
    ) -> Result<Self, PartError> {
        let server = Server {
            engine,
            container: container.clone(),
            user: user.to_owned(),
            database: database.to_owned(),
            application: format!("{APPLICATION}{set}"),
        };
        let argv = server.argv(&["psql", "-XAtq", "--no-password", "--set=ON_ERROR_STOP=1"]);
        let mut session = Session::open(engine, &container.id, &argv, Dialect::Sql);
        let begin = format!(
            "SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET row_security = off;\n\
             {} AND application_name <> '{}';\nSHOW server_version;\nBEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;",
            ending("LIKE", &format!("{APPLICATION}%")),
            server.application,
        );
        let answer = session.ask(&begin, SOON).await?;
        // `15.14 (Debian 15.14-0+deb12u1)`
        let version = answer.lines().last().and_then(|line| line.split_whitespace().next()).unwrap_or_default().to_owned();
        Ok(Self { server, way, session, snapshot: String::new(), version })
    }

    /// Lets the moment go, so that another one can be held.
    pub(super) async fn again(&mut self) -> Result<(), PartError> {
        let begin = "ROLLBACK;\nBEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;";
        self.session.ask(begin, SOON).await.map(drop)
    }

    /// The moment is now.
    pub(super) async fn hold(&mut self) -> Result<(), PartError> {
        let answer = self.session.ask("SELECT pg_export_snapshot();", SOON).await?;
        let snapshot = answer.trim();
        if snapshot.is_empty() || !snapshot.chars().all(|c| c.is_ascii_hexdigit() || c == '-') {
            return Err(PartError::refused("hold the moment of the database", format!("the server says `{snapshot}`"), None));
        }
        snapshot.clone_into(&mut self.snapshot);
        Ok(())
    }

    /// Dumps the database as it was at the moment, and counts its rows.
    pub(super) async fn dump(&mut self, job: Job<'_>) -> Result<(Stored, BTreeMap<String, u64>), StoreError<PartError>> {
        let snapshot = format!("--snapshot={}", self.snapshot);
        let program =
            ["pg_dump", "--format=custom", "--compress=0", "--no-password", "--lock-wait-timeout=60000", snapshot.as_str()];
        let pipe = match self.way {
            DumpWay::Pipe => self.server.pipe().await,
            DumpWay::Engine => None,
        };
        let asked = job.cancel.clone();
        let either = asked.child_token();
        let job = Job { cancel: either.clone(), ..job };
        let server = &self.server;
        let stored = async {
            let stored = match pipe {
                Some(pipe) => server.by_pipe(&program, pipe, job).await,
                None => server.by_engine(&program, job).await,
            };
            // Nobody wants the count any more.
            stored.inspect_err(|_| either.cancel())
        };
        let counted = async { rows(&mut self.session, &either).await.inspect_err(|_| either.cancel()) };
        // Beside each other: both only read.
        match futures_util::join!(stored, counted) {
            (Ok(stored), Ok(rows)) => Ok((stored, rows)),
            (Err(StoreError::Cancelled), Err(error)) if !asked.is_cancelled() => Err(StoreError::Source(error)),
            (Err(error), _) => Err(error),
            (Ok(_), Err(error)) => Err(StoreError::Source(error)),
        }
    }

    /// The roles and tablespaces. Without encryption nobody gets the digests of their passwords.
    pub(super) async fn globals(&self, job: Job<'_>, encrypted: bool) -> Result<Stored, StoreError<PartError>> {
        let mut program = vec!["pg_dumpall", "--globals-only", "--no-password", "--database", self.server.database.as_str()];
        if !encrypted {
            program.push("--no-role-passwords");
        }
        self.server.by_engine(&program, job).await
    }

    /// Lets the moment go.
    pub(super) async fn close(self) {
        self.session.close().await;
    }

    /// The same after a failure: what runs on in the container is ended at the server.
    pub(super) async fn abandon(self) {
        let query = ending("=", &self.server.application);
        self.session.close().await;
        let argv =
            self.server.argv(&["psql", "-XAtq", "--no-password", "--command", &format!("{query} AND pid <> pg_backend_pid()")]);
        // What cannot be ended now is ended by the next backup.
        let _ = self.server.engine.exec(&self.server.container.id, &argv, SOON).await;
    }
}

/// A query that ends sessions of ours.
fn ending(operator: &str, application: &str) -> String {
    format!("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name {operator} '{application}'")
}

/// Rows by table at the moment.
async fn rows(session: &mut Session, cancel: &CancellationToken) -> Result<BTreeMap<String, u64>, PartError> {
    let answer = tokio::select! {
        biased;
        () = cancel.cancelled() => return Err(PartError::CutOff),
        answer = session.ask(ROWS.trim_end(), COUNTING) => answer?,
    };
    let read = |line: &str| serde_json::from_str::<(String, u64)>(line);
    let wrong = |error: serde_json::Error| PartError::refused("count the rows", error.to_string(), None);
    answer.lines().filter(|line| !line.is_empty()).map(read).collect::<Result<_, _>>().map_err(wrong)
}

impl Server<'_> {
    fn argv(&self, program: &[&str]) -> Vec<String> {
        let script = ["sh", "-c", SCRIPT, "postgres"].into_iter();
        let words = script.chain([self.application.as_str(), self.user.as_str(), self.database.as_str()]);
        words.chain(program.iter().copied()).map(str::to_owned).collect()
    }

    /// The pipe, where one can be made; without one the dump comes through the engine.
    async fn pipe(&self) -> Option<Pipe> {
        let process = self.engine.processes(&self.container.id).await.ok()?.first()?.pid;
        let id = self.container.id.clone();
        tokio::task::spawn_blocking(move || Pipe::make(process, &id)).await.ok()?.ok()
    }

    async fn by_engine(&self, program: &[&str], job: Job<'_>) -> Result<Stored, StoreError<PartError>> {
        let (inlet, outlet) = output::way();
        let cancel = job.cancel.clone();
        let events = self.engine.run(&self.container.id, Command::new(&self.argv(program), SILENCE));
        let read = output::run(program[0], events, inlet, &cancel);
        let stored = job.store(move |output| outlet.copy(output));
        let (read, stored) = futures_util::join!(read, stored);
        both(read, stored)
    }

    async fn by_pipe(&self, program: &[&str], pipe: Pipe, job: Job<'_>) -> Result<Stored, StoreError<PartError>> {
        let file = format!("--file={}", pipe.path());
        // A pipe cannot be synced, and what comes out of it is nowhere yet.
        let program: Vec<&str> = program.iter().copied().chain(["--no-sync", file.as_str()]).collect();
        let cancel = job.cancel.clone();
        let events = self.engine.run(&self.container.id, Command::new(&self.argv(&program), SILENCE));
        let (verdict, heard) = mpsc::channel();
        let read = async {
            // Nothing comes this way but complaints.
            let (inlet, _outlet) = output::way();
            let read = output::run(program[0], events, inlet, &cancel).await;
            if read.is_ok() {
                let _ = verdict.send(());
            }
            // Without the word the thread knows that it ended badly.
            drop(verdict);
            read
        };
        let stored = job.store(move |output| pipe.copy(output, &heard));
        let (read, stored) = futures_util::join!(read, stored);
        both(read, stored)
    }
}

/// What came of a command and of storing its output: whichever was the cause.
pub(super) fn both(
    read: Result<(), PartError>,
    stored: Result<(Stored, ()), StoreError<PartError>>,
) -> Result<Stored, StoreError<PartError>> {
    match (read, stored) {
        (Ok(()), stored) | (Err(PartError::CutOff), stored) => stored.map(|(stored, ())| stored),
        (Err(_), Err(error @ (StoreError::Sink(_) | StoreError::Cancelled | StoreError::Size { .. }))) => Err(error),
        (Err(error), _) => Err(StoreError::Source(error)),
    }
}
