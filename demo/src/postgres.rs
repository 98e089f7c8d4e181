//! How to reach PostgreSQL: `DATABASE_URL`, which the application writes in Prisma's dialect.

use std::str::FromStr;

use tokio_postgres::Config;

use crate::environment::{Environment, Unfit};

/// What `DATABASE_URL` says, under a name that `pg_stat_activity` shows.
pub(crate) fn config(environment: &Environment, application: &str) -> Result<Config, Unfit> {
    const NAME: &str = "DATABASE_URL";
    let url = environment.require(NAME)?;
    // `?connection_limit=20&pool_timeout=30` is for Prisma's pool; PostgreSQL's own parsers refuse it.
    let url = url.split_once('?').map_or(url, |(url, _)| url);
    let mut config = Config::from_str(url).map_err(|_| Unfit::Malformed { name: NAME, expected: "a PostgreSQL URL" })?;
    config.application_name(application);
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prismas_parameters_are_dropped() {
        let url = "postgresql://medianest:a%2Fb@postgres:5432/medianest?connection_limit=20&pool_timeout=30";
        let config = config(&Environment::from([("DATABASE_URL", url)]), "tests").unwrap();
        assert_eq!(config.get_user(), Some("medianest"));
        assert_eq!(config.get_password(), Some(b"a/b".as_slice()));
        assert_eq!(config.get_dbname(), Some("medianest"));
        assert_eq!(config.get_ports(), [5432]);
    }

    #[test]
    fn a_malformed_url_is_named_and_not_shown() {
        let environment = Environment::from([("DATABASE_URL", "mysql://root:hunter2@db")]);
        let message = config(&environment, "tests").unwrap_err().to_string();
        assert_eq!(message, "the environment variable DATABASE_URL is not a PostgreSQL URL");
    }
}
