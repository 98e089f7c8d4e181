//! The release that this process plays, and what that release expects of the database.

use crate::environment::{Environment, Unfit};

/// `v1.0.0` and the like, baked into the image as `APP_VERSION`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Release {
    pub(crate) name: String,
    pub(crate) schema: Schema,
}

/// The shapes that the database has had. Later ones hold what earlier ones held, but for what a breaking change took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Schema {
    V1_0,
    V1_1,
    V2_0,
}

impl Release {
    pub(crate) fn of(environment: &Environment) -> Result<Self, Unfit> {
        let name = environment.get("APP_VERSION").unwrap_or("v1.0.0");
        let malformed = Unfit::Malformed { name: "APP_VERSION", expected: "a version like v1.0.0" };
        Self::parse(name).ok_or(malformed)
    }

    fn parse(name: &str) -> Option<Self> {
        let mut numbers = name.strip_prefix('v').unwrap_or(name).split(['.', '-']).map(str::parse::<u32>);
        let (major, minor) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
        let schema = match (major, minor) {
            (0 | 1, 0) => Schema::V1_0,
            (0 | 1, _) => Schema::V1_1,
            _ => Schema::V2_0,
        };
        Some(Self { name: name.to_owned(), schema })
    }
}

impl Schema {
    /// The column that holds a request's title: what v2.0.0 renames.
    pub(crate) fn title_column(self) -> &'static str {
        if self >= Self::V2_0 { "display_title" } else { "title" }
    }

    /// Reads one row of what this release cannot do without; it fails on a database of another shape.
    pub(crate) fn probe(self) -> String {
        let title = self.title_column();
        let requests = format!("SELECT count({title}) FROM (SELECT {title} FROM media_requests LIMIT 1) AS newest");
        if self >= Self::V1_1 {
            format!("SELECT ({requests}) + (SELECT count(*) FROM (SELECT id FROM watchlist_items LIMIT 1) AS items)")
        } else {
            requests
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_tells_its_schema() {
        let schema = |name: &str| Release::parse(name).map(|release| release.schema);
        assert_eq!(schema("v1.0.0"), Some(Schema::V1_0));
        assert_eq!(schema("1.0.9"), Some(Schema::V1_0));
        assert_eq!(schema("v1.1.0-rc1"), Some(Schema::V1_1));
        assert_eq!(schema("v2.0.0"), Some(Schema::V2_0));
        assert_eq!(schema("v3.7"), Some(Schema::V2_0));
        assert_eq!(schema("latest"), None);
    }

    #[test]
    fn each_release_reads_what_only_its_schema_has() {
        assert!(Schema::V1_0.probe().contains("count(title)") && !Schema::V1_0.probe().contains("watchlist_items"));
        assert!(Schema::V1_1.probe().contains("count(title)") && Schema::V1_1.probe().contains("watchlist_items"));
        assert!(Schema::V2_0.probe().contains("count(display_title)"));
    }
}
