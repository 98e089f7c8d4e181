//! Changes one variable of a `.env` file and leaves every other byte as it is.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::Path,
};

/// Sets `name` to `value`, in place where it stands, at the end where it does not. Returns whether the file changed.
///
/// The new file appears whole or not at all, with the mode of the old one.
pub fn set(path: &Path, name: &str, value: &str) -> io::Result<bool> {
    // A link stays a link: what it leads to is replaced.
    let path = &fs::canonicalize(path)?;
    let old = fs::read_to_string(path)?;
    let new = replaced(&old, name, value);
    if new == old {
        return Ok(false);
    }
    let directory = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".medianest-new-").tempfile_in(directory)?;
    file.write_all(new.as_bytes())?;
    let before = fs::metadata(path)?;
    file.as_file().set_permissions(fs::Permissions::from_mode(before.permissions().mode() & 0o7777))?;
    if before.uid() != rustix::process::geteuid().as_raw() {
        // Whoever owns the file must be able to read it when root has deployed.
        std::os::unix::fs::chown(file.path(), Some(before.uid()), Some(before.gid()))?;
    }
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    fs::File::open(directory)?.sync_all()?;
    Ok(true)
}

fn replaced(text: &str, name: &str, value: &str) -> String {
    let assigns = |line: &str| {
        let line = line.trim_start();
        let line = line.strip_prefix("export ").map_or(line, str::trim_start);
        line.split_once('=').is_some_and(|(key, _)| key.trim_end() == name)
    };
    // Where a name is set twice the last one counts.
    let last = text.lines().enumerate().filter(|(_, line)| assigns(line)).map(|(index, _)| index).last();
    let mut new = String::new();
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let end = &line[line.trim_end_matches(['\r', '\n']).len()..];
        if Some(index) == last {
            new.push_str(&format!("{name}={value}{end}"));
        } else {
            new.push_str(line);
        }
    }
    if last.is_none() {
        let gap = if new.is_empty() || new.ends_with('\n') { "" } else { "\n" };
        new.push_str(&format!("{gap}{name}={value}\n"));
    }
    new
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_one_line_changes() {
        let text = "# comment\nA=1\nexport V = old\n\nB='V=x'\n";
        assert_eq!(replaced(text, "V", "new"), "# comment\nA=1\nV=new\n\nB='V=x'\n");
        assert_eq!(replaced("A=1", "V", "new"), "A=1\nV=new\n");
        assert_eq!(replaced("V=a\nV=b\n", "V", "c"), "V=a\nV=c\n");
        assert_eq!(replaced("#V=a\n", "V", "c"), "#V=a\nV=c\n");
        assert_eq!(replaced("A=1\r\nV=a\r\nB=2", "V", "c"), "A=1\r\nV=c\r\nB=2");
    }

    #[test]
    fn a_link_stays_a_link() {
        let directory = tempfile::tempdir().unwrap();
        let (file, link) = (directory.path().join("shared.env"), directory.path().join(".env"));
        fs::write(&file, "V=1\n").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert!(set(&link, "V", "2").unwrap());
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "V=2\n");
    }

    #[test]
    fn the_file_keeps_its_mode() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(".env");
        fs::write(&path, "V=1\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(set(&path, "V", "2").unwrap());
        assert!(!set(&path, "V", "2").unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "V=2\n");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    }
}
