//! Paths as texts: joined and cleaned without asking any file system.
//!
//! Refuses Windows paths: the tool and the engine's host are Unix.

/// Resolves a path of a Compose file against a directory, and removes `.` and `dir/..`. The result is relative when
/// the directory is.
pub(super) fn join(directory: &str, path: &str) -> String {
    let joined = if path.starts_with('/') || directory.is_empty() { path.to_owned() } else { format!("{directory}/{path}") };
    let absolute = joined.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in joined.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            // Above the root there is only the root.
            ".." if absolute => {}
            part => parts.push(part),
        }
    }
    let clean = parts.join("/");
    match (absolute, clean.is_empty()) {
        (true, _) => format!("/{clean}"),
        (false, true) => ".".into(),
        (false, false) => clean,
    }
}

/// The last component of a path, `None` for `.`, `..` and `/`.
pub(super) fn file_name(path: &str) -> Option<&str> {
    path.trim_end_matches('/').rsplit('/').next().filter(|name| !matches!(*name, "" | "." | ".."))
}

/// Replaces a leading `~` by the home directory. `None` when there is a `~` and no home directory.
pub(super) fn expand_home(path: &str, home: Option<String>) -> Option<String> {
    match path.strip_prefix('~') {
        Some("") => home,
        Some(rest) if rest.starts_with('/') => home.map(|home| format!("{}{rest}", home.trim_end_matches('/'))),
        _ => Some(path.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_and_cleaned() {
        let cases = [
            (".", "./data", "data"),
            (".", ".", "."),
            ("", "a//b/", "a/b"),
            ("deploy", "../x", "x"),
            ("deploy", "../../x", "../x"),
            ("/srv/app", "./data/../conf", "/srv/app/conf"),
            ("/srv", "../../etc", "/etc"),
            ("/srv", "/var/./run", "/var/run"),
            ("/", "..", "/"),
        ];
        for (directory, path, joined) in cases {
            assert_eq!(join(directory, path), joined, "{directory} {path}");
        }
    }

    #[test]
    fn file_names_and_homes() {
        assert_eq!(file_name("/srv/Media.Nest/"), Some("Media.Nest"));
        assert_eq!(file_name("."), None);
        assert_eq!(file_name("/"), None);
        let home = || Some("/home/u".to_owned());
        assert_eq!(expand_home("~/x", home()).as_deref(), Some("/home/u/x"));
        assert_eq!(expand_home("~", home()).as_deref(), Some("/home/u"));
        assert_eq!(expand_home("~other/x", home()).as_deref(), Some("~other/x"));
        assert_eq!(expand_home("~/x", None), None);
    }
}
