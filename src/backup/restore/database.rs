//! PostgreSQL: a database beside the live one, and the exchange of both by renames within one transaction.
//!
//! Owns everything that is asked of the server. Refuses to drop a role, to change one that exists, and to touch the live database but
//! for its name. Which database has which name tells how far it is, so every call can be repeated.

use std::{collections::BTreeMap, time::Duration};

use super::{
    error::RestoreError,
    globals,
    id::RestoreId,
    input::{Said, Source, run},
};
use crate::{
    backup::set::ObjectName,
    engine::{Command, Engine},
};

const SCRIPT: &str = include_str!("../create/postgres.sh");
const ROWS: &str = include_str!("../create/rows.sql");
const CREATE: &str = include_str!("create.sql");

/// For an answer that needs no reading of tables.
const SOON: Duration = Duration::from_secs(60);
/// How long a restore may take nothing: it builds indexes.
const SILENCE: Duration = Duration::from_secs(6 * 3600);
/// No list of roles is larger, in bytes.
const GLOBALS: u64 = 64 << 20;

/// A database that is restored.
pub(super) struct Postgres<'a> {
    pub(super) engine: &'a dyn Engine,
    /// The container in which the server runs.
    pub(super) container: String,
    /// Its superuser.
    pub(super) user: &'a str,
    /// The live database.
    pub(super) live: &'a str,
    pub(super) id: RestoreId,
}

/// Which of its three names are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Names {
    live: bool,
    staged: bool,
    kept: bool,
}

impl Postgres<'_> {
    fn staged(&self) -> String {
        self.id.staged_database(self.live)
    }

    fn kept(&self) -> String {
        self.id.kept_database(self.live)
    }

    /// A database that is none of the three: nobody can rename the one that they are in.
    fn beside(&self) -> &'static str {
        if self.live == "postgres" { "template1" } else { "postgres" }
    }

    fn command(&self, database: &str, program: &[String], idle: Duration) -> Command {
        let application = format!("medianestctl restore {}", self.id);
        let script = ["sh", "-c", SCRIPT, "postgres", application.as_str(), self.user, database];
        let argv: Vec<String> = script.into_iter().map(str::to_owned).chain(program.iter().cloned()).collect();
        Command::new(&argv, idle)
    }

    fn ended(&self, what: &str, said: Said) -> Result<String, RestoreError> {
        if said.code == 0 {
            return Ok(String::from_utf8_lossy(&said.out).into_owned());
        }
        let (container, code, words) = (self.container.clone(), said.code, said.words());
        Err(RestoreError::Command { what: what.to_owned(), container, code, words })
    }

    /// Runs statements; the three names are at hand as variables.
    async fn sql(&self, database: &str, text: &str, idle: Duration) -> Result<String, RestoreError> {
        let mut program: Vec<String> = ["psql", "-XAtq", "--no-password", "--set=ON_ERROR_STOP=1"].map(str::to_owned).into();
        for (name, value) in [("live", self.live), ("staged", &self.staged()), ("kept", &self.kept())] {
            program.push(format!("--set={name}={value}"));
        }
        let mut command = self.command(database, &program, idle);
        command.input = Some(crate::engine::input_of(text.as_bytes().to_vec()));
        let said = run(self.engine, &self.container, command).await?;
        self.ended("psql", said)
    }

    async fn names(&self) -> Result<Names, RestoreError> {
        let query = "SELECT name || ' ' || EXISTS (SELECT FROM pg_database WHERE datname = value)
             FROM (VALUES ('live', :'live'), ('staged', :'staged'), ('kept', :'kept')) AS names (name, value);";
        let answer = self.sql(self.beside(), query, SOON).await?;
        let has = |name: &str| answer.lines().any(|line| line == format!("{name} true"));
        Ok(Names { live: has("live"), staged: has("staged"), kept: has("kept") })
    }

    fn unexpected(&self, names: Names) -> RestoreError {
        let word = |there: bool| if there { "there" } else { "not there" };
        let detail = format!(
            "`{}` is {}, `{}` is {}, `{}` is {}",
            self.live,
            word(names.live),
            self.staged(),
            word(names.staged),
            self.kept(),
            word(names.kept)
        );
        RestoreError::Database(self.live.to_owned(), detail)
    }

    /// The server's version.
    pub(super) async fn version(&self) -> Result<String, RestoreError> {
        Ok(self.sql(self.beside(), "SHOW server_version;", SOON).await?.trim().to_owned())
    }

    /// Restores the dump into a database beside the live one, and compares its rows.
    pub(super) async fn stage(
        &self,
        source: &Source<'_>,
        object: &ObjectName,
        globals: Option<&ObjectName>,
    ) -> Result<(), RestoreError> {
        let names = self.names().await?;
        if !names.live || names.kept {
            return Err(self.unexpected(names));
        }
        if let Some(globals) = globals {
            self.roles(source, globals).await?;
        }
        self.drop("staged").await?;
        self.sql(self.beside(), CREATE, SOON).await?;
        let program = ["pg_restore", "--exit-on-error", "--no-password"].map(str::to_owned);
        let database = format!("--dbname={}", self.staged());
        let program: Vec<String> = program.into_iter().chain([database]).collect();
        let command = self.command(&self.staged(), &program, SILENCE);
        let said = source.pour(object, self.engine, &self.container, command).await?;
        self.ended("pg_restore", said)?;
        self.compare(&source.record(object)?.rows).await?;
        // Without it the first queries would be planned blindly.
        self.sql(&self.staged(), "ANALYZE;", SILENCE).await.map(drop)
    }

    /// Makes the roles that the dump's owners and grants name, as far as they are missing.
    async fn roles(&self, source: &Source<'_>, object: &ObjectName) -> Result<(), RestoreError> {
        let text = source.whole(object, GLOBALS).await?;
        let there = self.sql(self.beside(), "SELECT json_agg(rolname) FROM pg_roles;", SOON).await?;
        let there: Vec<String> = serde_json::from_str(there.trim()).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let script = globals::missing(&text, &there.into_iter().collect());
        if script.is_empty() {
            return Ok(());
        }
        // All of them or none: the end of what it reads is no success by itself.
        self.sql(self.beside(), &format!("BEGIN;\n{script}COMMIT;\n"), SOON).await.map(drop)
    }

    /// Counts all rows of what was restored.
    async fn compare(&self, wanted: &BTreeMap<String, u64>) -> Result<(), RestoreError> {
        let answer = self.sql(&self.staged(), ROWS, SILENCE).await?;
        let found: BTreeMap<String, u64> = answer.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let differs = |what: &str, found: Option<u64>, wanted: Option<u64>| {
            let word = |rows: Option<u64>| rows.map_or_else(|| "no such table".to_owned(), |rows| format!("{rows} rows"));
            RestoreError::Differs { what: format!("table {what}"), detail: word(found), wanted: word(wanted) }
        };
        for (table, rows) in wanted {
            if found.get(table) != Some(rows) {
                return Err(differs(table, found.get(table).copied(), Some(*rows)));
            }
        }
        match found.iter().find(|(table, _)| !wanted.contains_key(*table)) {
            // A set that was made without counting has none to compare.
            Some((table, rows)) if !wanted.is_empty() => Err(differs(table, Some(*rows), None)),
            _ => Ok(()),
        }
    }

    /// Exchanges both: no client sees one without the other, and none is let in meanwhile.
    pub(super) async fn swap(&self) -> Result<(), RestoreError> {
        match self.names().await? {
            Names { live: true, staged: true, kept: false } => {
                self.exchange(":\"live\"", ":\"kept\"", ":\"staged\"", ":\"live\"").await?;
            }
            Names { live: true, staged: false, kept: true } => {}
            names => return Err(self.unexpected(names)),
        }
        self.let_in().await
    }

    /// Takes that back.
    pub(super) async fn swap_back(&self) -> Result<(), RestoreError> {
        match self.names().await? {
            Names { live: true, staged: false, kept: true } => {
                self.exchange(":\"live\"", ":\"staged\"", ":\"kept\"", ":\"live\"").await?;
            }
            Names { live: true, kept: false, .. } => {}
            names => return Err(self.unexpected(names)),
        }
        self.let_in().await
    }

    async fn exchange(&self, from: &str, aside: &str, other: &str, into: &str) -> Result<(), RestoreError> {
        let script = format!(
            "ALTER DATABASE {from} WITH ALLOW_CONNECTIONS false;
             ALTER DATABASE {other} WITH ALLOW_CONNECTIONS false;
             SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
               WHERE datname IN (:'live', :'staged', :'kept') AND pid <> pg_backend_pid();
             BEGIN;
             ALTER DATABASE {from} RENAME TO {aside};
             ALTER DATABASE {other} RENAME TO {into};
             COMMIT;"
        );
        // The server itself waits five seconds for sessions to end.
        self.sql(self.beside(), &script, SOON).await.map(drop)
    }

    /// The old database stays closed: what is written to it would be lost.
    async fn let_in(&self) -> Result<(), RestoreError> {
        self.sql(self.beside(), "ALTER DATABASE :\"live\" WITH ALLOW_CONNECTIONS true;", SOON).await.map(drop)
    }

    /// Removes what was restored and is not live.
    pub(super) async fn discard_staged(&self) -> Result<(), RestoreError> {
        self.drop("staged").await
    }

    /// Removes what was live before.
    pub(super) async fn discard_kept(&self) -> Result<(), RestoreError> {
        self.drop("kept").await
    }

    /// Drops one of our two databases, which is `variable`; never without the live one beside it.
    async fn drop(&self, variable: &str) -> Result<(), RestoreError> {
        let names = self.names().await?;
        if !names.live {
            return Err(self.unexpected(names));
        }
        let script = format!(
            "SELECT format('ALTER DATABASE %I WITH ALLOW_CONNECTIONS false', datname) FROM pg_database WHERE datname = :'{variable}' \\gexec
             SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = :'{variable}';
             DROP DATABASE IF EXISTS :\"{variable}\";"
        );
        self.sql(self.beside(), &script, SOON).await.map(drop)
    }
}
