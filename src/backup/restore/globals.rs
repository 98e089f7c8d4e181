//! The roles of a dump that a server lacks. Pure.
//!
//! Refuses to change a role that exists, to drop anything, and to make tablespaces, which are places on a disk that may not be
//! there. What `pg_dumpall --globals-only` writes is taken apart into statements; those that are not of a missing role are left out.

use std::collections::BTreeSet;

/// The statements that make the roles of `dump` that are not `there`, with their passwords, settings and memberships.
pub fn missing(dump: &str, there: &BTreeSet<String>) -> String {
    let statements: Vec<_> = statements(dump).into_iter().map(|text| (words(&text), text)).collect();
    let created: BTreeSet<&str> = statements
        .iter()
        .filter_map(|(words, _)| match words.as_slice() {
            [create, role, name, ..] if create.is("CREATE") && role.is("ROLE") => Some(name.text.as_str()),
            _ => None,
        })
        .collect();
    let makes = |name: &Word| created.contains(name.text.as_str()) && !there.contains(&name.text);
    let mut script = String::new();
    for (words, text) in &statements {
        let wanted = match words.as_slice() {
            // Settings for one database only are those of the live one.
            [alter, role, _, within, database, ..]
                if alter.is("ALTER") && role.is("ROLE") && within.is("IN") && database.is("DATABASE") =>
            {
                false
            }
            [verb, role, name, ..] if (verb.is("CREATE") || verb.is("ALTER")) && role.is("ROLE") => makes(name),
            [comment, on, role, name, ..] if comment.is("COMMENT") && on.is("ON") && role.is("ROLE") => makes(name),
            [grant, group, to, member, ..] if grant.is("GRANT") && to.is("TO") => {
                makes(member) && (there.contains(&group.text) || created.contains(group.text.as_str()))
            }
            _ => false,
        };
        if wanted {
            script.push_str(&without_grantor(words, text));
            script.push_str(";\n");
        }
    }
    script
}

/// A membership is granted by whoever restores: the one who granted it may not be there.
fn without_grantor(words: &[Word], text: &str) -> String {
    let by = words.windows(2).find(|pair| pair[0].is("GRANTED") && pair[1].is("BY"));
    match by {
        Some([granted, _]) if words.first().is_some_and(|first| first.is("GRANT")) => text[..granted.at].trim_end().to_owned(),
        _ => text.to_owned(),
    }
}

/// A word of a statement: a keyword or a name, quotes taken off.
struct Word {
    text: String,
    quoted: bool,
    at: usize,
}

impl Word {
    fn is(&self, keyword: &str) -> bool {
        !self.quoted && self.text.eq_ignore_ascii_case(keyword)
    }
}

/// The first few words; what follows is of no interest here, but for `GRANTED BY`, which has no quotes before it but names.
fn words(statement: &str) -> Vec<Word> {
    let mut found = Vec::new();
    let mut rest = statement.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        match c {
            '"' => {
                let mut text = String::new();
                while let Some((_, c)) = rest.next() {
                    if c == '"' && rest.next_if(|(_, next)| *next == '"').is_none() {
                        break;
                    }
                    text.push(c);
                }
                found.push(Word { text, quoted: true, at });
            }
            // Passwords and comments: no keyword of interest comes after them.
            '\'' => break,
            c if c.is_alphanumeric() || matches!(c, '_' | '$') => {
                let mut text = String::from(c);
                while let Some((_, c)) = rest.next_if(|(_, c)| c.is_alphanumeric() || matches!(c, '_' | '$')) {
                    text.push(c);
                }
                found.push(Word { text, quoted: false, at });
            }
            _ => {}
        }
    }
    found
}

/// The statements of a script, comments and the client's own commands left out.
fn statements(script: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut statement = String::new();
    let mut quote = None;
    let mut escapes = false;
    let mut line_begins = true;
    let mut rest = script.chars().peekable();
    while let Some(c) = rest.next() {
        match quote {
            Some(end) => {
                statement.push(c);
                if c == '\\' && escapes {
                    statement.extend(rest.next());
                } else if c == end {
                    quote = None;
                }
            }
            None if c == '-' && rest.peek() == Some(&'-') || c == '\\' && line_begins => {
                while rest.next_if(|c| *c != '\n').is_some() {}
            }
            None if c == ';' => found.push(std::mem::take(&mut statement).trim().to_owned()),
            None => {
                if c == '\'' || c == '"' {
                    quote = Some(c);
                    escapes = c == '\'' && statement.ends_with(['E', 'e']);
                }
                statement.push(c);
            }
        }
        line_begins = c == '\n' && quote.is_none();
    }
    found.retain(|statement| !statement.is_empty());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const DUMP: &str = r#"--
-- PostgreSQL database cluster dump
--
\restrict x;y
SET default_transaction_read_only = off;
SET client_encoding = 'UTF8';

CREATE ROLE app;
ALTER ROLE app WITH SUPERUSER LOGIN PASSWORD 'SCRAM-SHA-256$4096:a;b''c$d:e';
CREATE ROLE "Odd ""one; -- ";
ALTER ROLE "Odd ""one; -- " WITH NOSUPERUSER NOLOGIN;
COMMENT ON ROLE "Odd ""one; -- " IS E'two\'; lines
\\connect';
CREATE ROLE readers;
ALTER ROLE readers WITH NOLOGIN;
ALTER ROLE readers SET search_path TO 'a', 'b';
ALTER ROLE readers IN DATABASE app SET work_mem TO '1MB';
CREATE TABLESPACE fast OWNER app LOCATION '/fast';
GRANT readers TO "Odd ""one; -- " WITH ADMIN OPTION GRANTED BY app;
GRANT readers TO app GRANTED BY app;
GRANT pg_monitor TO readers;
DROP ROLE app;
\unrestrict x
"#;

    #[test]
    fn only_what_is_missing_is_made() {
        let there = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(missing(DUMP, &there(&["app", "readers", "Odd \"one; -- "])), "");
        let script = missing(DUMP, &there(&["app", "postgres", "pg_monitor"]));
        assert_eq!(
            script,
            r#"CREATE ROLE "Odd ""one; -- ";
ALTER ROLE "Odd ""one; -- " WITH NOSUPERUSER NOLOGIN;
COMMENT ON ROLE "Odd ""one; -- " IS E'two\'; lines
\\connect';
CREATE ROLE readers;
ALTER ROLE readers WITH NOLOGIN;
ALTER ROLE readers SET search_path TO 'a', 'b';
GRANT readers TO "Odd ""one; -- " WITH ADMIN OPTION;
GRANT pg_monitor TO readers;
"#
        );
        let script = missing(DUMP, &there(&["postgres", "pg_monitor"]));
        assert!(script.contains("PASSWORD 'SCRAM-SHA-256$4096:a;b''c$d:e';\n"), "{script}");
        assert!(!script.contains("DROP") && !script.contains("TABLESPACE") && !script.contains("DATABASE"), "{script}");
    }
}
