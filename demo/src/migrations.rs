//! The migrations, embedded, and which of them a release brings.

use crate::release::Schema;

/// One file of `migrations/`, as `_prisma_migrations` knows it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Migration {
    pub(crate) name: &'static str,
    pub(crate) sql: &'static str,
    /// The first schema that holds it.
    since: Schema,
}

macro_rules! migration {
    ($name:literal, $since:expr) => {
        Migration { name: $name, sql: include_str!(concat!("../migrations/", $name, ".sql")), since: $since }
    };
}

/// In the order in which they are applied.
const ALL: [Migration; 5] = [
    migration!("20250704075237_init", Schema::V1_0),
    migration!("20250710000000_media", Schema::V1_0),
    migration!("20250720000000_services", Schema::V1_0),
    migration!("20251001000000_watchlists", Schema::V1_1),
    migration!("20260301000000_display_title", Schema::V2_0),
];

/// What a database of this schema has had applied.
pub(crate) fn up_to(schema: Schema) -> Vec<&'static Migration> {
    ALL.iter().filter(|migration| migration.since <= schema).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables(schema: Schema) -> usize {
        up_to(schema).iter().map(|migration| migration.sql.matches("CREATE TABLE ").count()).sum()
    }

    #[test]
    fn they_stand_in_the_order_of_their_names_and_of_their_schemas() {
        assert!(ALL.is_sorted_by(|a, b| a.name < b.name && a.since <= b.since));
    }

    #[test]
    fn a_release_brings_its_predecessors_migrations_first() {
        let (old, new) = (up_to(Schema::V1_0), up_to(Schema::V2_0));
        assert_eq!(new[..old.len()], old);
        assert_eq!(new.len(), ALL.len());
    }

    #[test]
    fn the_first_release_has_eleven_tables_and_the_next_one_more() {
        assert_eq!([tables(Schema::V1_0), tables(Schema::V1_1), tables(Schema::V2_0)], [11, 12, 12]);
    }
}
