//! `migrate deploy` and `migrate status`: what the application's images do by `npx prisma migrate …`.
//!
//! The same table and the same advisory lock as Prisma's. Unlike Prisma's, a migration and its record are one
//! transaction, so that a run that failed can simply be repeated.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Duration;

use tokio_postgres::{Client, NoTls};

use crate::environment::Environment;
use crate::faults::MigrateFault;
use crate::migrations::{Migration, up_to};
use crate::release::Release;
use crate::{Failure, log, postgres};

/// The key of Prisma's lock, and how long it waits for it.
const LOCK_KEY: i64 = 72_707_369;
const LOCK_PATIENCE: Duration = Duration::from_secs(10);
const LOCK_RETRY: Duration = Duration::from_millis(200);

const CREATE_RECORD: &str = "CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id                  varchar(36) PRIMARY KEY,
    checksum            varchar(64) NOT NULL,
    finished_at         timestamptz,
    migration_name      varchar(255) NOT NULL,
    logs                text,
    rolled_back_at      timestamptz,
    started_at          timestamptz NOT NULL DEFAULT now(),
    applied_steps_count integer NOT NULL DEFAULT 0
)";

const RECORD: &str = "INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, applied_steps_count)
    VALUES (gen_random_uuid()::text, encode(sha256(convert_to($2, 'UTF8')), 'hex'), clock_timestamp(), $1, 1)";

#[derive(Debug, thiserror::Error)]
enum MigrateError {
    #[error("timed out after {} s while waiting for the lock that another migration holds", LOCK_PATIENCE.as_secs())]
    Locked,
    #[error("migration `{name}` failed and was rolled back")]
    Refused { name: &'static str, source: tokio_postgres::Error },
    #[error("the migration failed, as FAULT_MIGRATE_FAIL asks")]
    Fault,
}

/// Applies what is missing, in order.
pub(crate) async fn deploy(environment: &Environment) -> Result<ExitCode, Failure> {
    let (release, fault) = (Release::of(environment)?, MigrateFault::of(environment)?);
    let mut client = connect(environment).await?;
    let known = up_to(release.schema);
    log::say(&format!("{} migrations found for {}", known.len(), release.name));

    // The lock ends with the connection, however this ends.
    lock(&client).await?;
    if must_fail(&client, fault).await? {
        return Err(MigrateError::Fault.into());
    }
    client.batch_execute(CREATE_RECORD).await?;
    let applied = applied(&client).await?;
    let pending: Vec<&Migration> = known.into_iter().filter(|migration| !applied.contains(migration.name)).collect();
    if pending.is_empty() {
        log::say("No pending migrations to apply.");
        return Ok(ExitCode::SUCCESS);
    }
    for migration in pending {
        log::say(&format!("Applying migration `{}`", migration.name));
        apply(&mut client, migration).await.map_err(|source| MigrateError::Refused { name: migration.name, source })?;
    }
    log::say("All migrations have been successfully applied.");
    Ok(ExitCode::SUCCESS)
}

/// Says what is missing; succeeds when nothing is.
pub(crate) async fn status(environment: &Environment) -> Result<ExitCode, Failure> {
    let release = Release::of(environment)?;
    let client = connect(environment).await?;
    let recorded: bool = client.query_one("SELECT to_regclass('_prisma_migrations') IS NOT NULL", &[]).await?.get(0);
    let mut applied = if recorded { applied(&client).await? } else { BTreeSet::new() };

    let (done, pending): (Vec<_>, Vec<_>) = up_to(release.schema).into_iter().partition(|known| applied.remove(known.name));
    log::say(&format!("{} of {} migrations of {} are applied", done.len(), done.len() + pending.len(), release.name));
    for unknown in &applied {
        log::say(&format!("applied by another release: {unknown}"));
    }
    if pending.is_empty() {
        log::say("Database schema is up to date!");
        return Ok(ExitCode::SUCCESS);
    }
    log::say("Following migrations have not yet been applied:");
    for migration in pending {
        log::say(migration.name);
    }
    Ok(ExitCode::FAILURE)
}

/// One connection, at once or not at all: whoever runs the command decides whether to try again.
async fn connect(environment: &Environment) -> Result<Client, Failure> {
    let mut config = postgres::config(environment, "medianest-migrate")?;
    config.connect_timeout(Duration::from_secs(5));
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(async move {
        if let Err(failure) = connection.await {
            log::complain(&format!("error: the connection to PostgreSQL broke: {}", log::describe(&failure)));
        }
    });
    Ok(client)
}

async fn lock(client: &Client) -> Result<(), Failure> {
    let deadline = tokio::time::Instant::now() + LOCK_PATIENCE;
    while !client.query_one("SELECT pg_try_advisory_lock($1)", &[&LOCK_KEY]).await?.get::<_, bool>(0) {
        if tokio::time::Instant::now() >= deadline {
            return Err(MigrateError::Locked.into());
        }
        tokio::time::sleep(LOCK_RETRY).await;
    }
    Ok(())
}

/// Counts this run against the fault, in the database: the next run is another container.
async fn must_fail(client: &Client, fault: MigrateFault) -> Result<bool, tokio_postgres::Error> {
    const COUNT_RUN: &str = "INSERT INTO _demo_migrate_runs (runs) VALUES (1)
        ON CONFLICT (one) DO UPDATE SET runs = _demo_migrate_runs.runs + 1 RETURNING runs";
    let failures = match fault {
        MigrateFault::None => return Ok(false),
        MigrateFault::Always => return Ok(true),
        MigrateFault::First(failures) => failures,
    };
    client
        .batch_execute("CREATE TABLE IF NOT EXISTS _demo_migrate_runs (one bool PRIMARY KEY DEFAULT true, runs bigint NOT NULL)")
        .await?;
    let runs: i64 = client.query_one(COUNT_RUN, &[]).await?.get(0);
    Ok(runs <= i64::from(failures))
}

async fn applied(client: &Client) -> Result<BTreeSet<String>, tokio_postgres::Error> {
    const FINISHED: &str =
        "SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL";
    Ok(client.query(FINISHED, &[]).await?.iter().map(|row| row.get(0)).collect())
}

async fn apply(client: &mut Client, migration: &Migration) -> Result<(), tokio_postgres::Error> {
    let transaction = client.transaction().await?;
    transaction.batch_execute(migration.sql).await?;
    transaction.execute(RECORD, &[&migration.name, &migration.sql]).await?;
    transaction.commit().await
}
