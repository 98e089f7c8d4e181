//! The directory that holds the secrets, one file each, for their owner only (0700, 0600).
//!
//! Owns how they are read, judged and added. Refuses to overwrite, change or remove an existing file, and to return a
//! value in a listing, an error or a problem.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, DirBuilder, File},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use serde::Serialize;
use zeroize::Zeroizing;

use super::{
    check::{self, Problem, ProblemKind},
    error::StoreError,
    generate::{self, DatabaseNames, NewSecret, NoRandomBytes, RandomSource, Values},
    quoted,
    value::Secret,
};
use crate::model::SecretName;

/// Largest file that is read as a secret, in bytes: a certificate bundle fits, a mistaken path to a dump does not.
const MAX_SIZE: u64 = 1 << 20;
/// How the names of files that are being written begin.
const TEMPORARY: &str = ".medianest-new-";

/// One file of the directory, as a listing shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SecretInfo {
    /// The file's name; the secret's name unless a problem says that it is none.
    pub name: String,
    /// Size of the file in bytes.
    pub size: u64,
    /// Permission bits (0o600 is right).
    pub mode: u32,
    /// Last change.
    pub modified: Option<DateTime<Utc>>,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
}

/// A directory of secrets, each a file under its name.
#[derive(Debug, Clone)]
pub struct SecretDir {
    path: PathBuf,
}

impl SecretDir {
    /// The directory at this path. It need not exist: writing creates it.
    ///
    /// # Errors
    /// When something else stands there, or the path cannot be looked at.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let path = path.into();
        match fs::metadata(&path) {
            Ok(found) if !found.is_dir() => Err(StoreError::NotADirectory { path }),
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(StoreError::Unreadable { path, source }),
            _ => Ok(Self { path }),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file of a secret, whether it exists or not.
    pub fn file(&self, name: &SecretName) -> PathBuf {
        self.path.join(name.as_str())
    }

    /// What lies in the directory, sorted by name, without any value.
    ///
    /// # Errors
    /// When the directory cannot be read; a directory that does not exist is empty.
    pub fn list(&self) -> Result<Vec<SecretInfo>, StoreError> {
        let files = self.files()?;
        let secrets = files.iter().filter_map(|path| Some((file_name(path).parse().ok()?, path.clone()))).collect();
        let mut problems: BTreeMap<String, Vec<Problem>> = BTreeMap::new();
        for problem in verify_files(&secrets).into_iter().chain(files.iter().filter_map(|path| stray(path))) {
            problems.entry(problem.name.clone()).or_default().push(problem);
        }
        let mut list = Vec::with_capacity(files.len());
        for path in files {
            let source = |source| StoreError::Unreadable { path: path.clone(), source };
            // A link that leads nowhere is listed as what it is.
            let found = fs::metadata(&path).or_else(|_| fs::symlink_metadata(&path)).map_err(source)?;
            let name = file_name(&path);
            list.push(SecretInfo {
                size: found.len(),
                mode: mode(&found),
                modified: found.modified().ok().map(DateTime::from),
                problems: problems.remove(&name).unwrap_or_default(),
                name,
            });
        }
        Ok(list)
    }

    /// A secret's value, without the one line break that editors put at the end.
    ///
    /// # Errors
    /// When there is none, or when it cannot be read or is larger than 1 MiB.
    pub fn read(&self, name: &SecretName) -> Result<Secret<Vec<u8>>, StoreError> {
        read_file(name, &self.file(name))
    }

    /// Adds a secret. The file appears complete or not at all, and never in place of another: of several writers of
    /// one name, whichever process they run in, exactly one succeeds.
    ///
    /// # Errors
    /// `StoreError::Exists` when there is a file of that name already; otherwise when it cannot be written.
    pub fn write_new(&self, name: &SecretName, value: &Secret<Vec<u8>>) -> Result<(), StoreError> {
        let path = self.file(name);
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::AlreadyExists => StoreError::Exists { path: path.clone() },
            _ => StoreError::Unwritable { path: path.clone(), source },
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.path)
            .map_err(|source| StoreError::Unwritable { path: self.path.clone(), source })?;
        // Created exclusively and for its owner only; removed again when something below fails.
        let mut file = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(&self.path).map_err(failed)?;
        file.write_all(value.expose()).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist_noclobber(&path).map_err(|error| failed(error.error))?;
        // The name is durable only when the directory is.
        File::open(&self.path).and_then(|directory| directory.sync_all()).map_err(failed)
    }

    /// Creates those of the wanted secrets that are missing and can be generated, and returns their names in the order
    /// of creation. Whatever exists stays as it is, also when another process adds files meanwhile: then the missing
    /// ones are worked out again, so that a URL never repeats a password that lost the race.
    ///
    /// # Errors
    /// When existing secrets contradict each other or cannot be read, and when writing fails. What was created until
    /// then stays; the next run goes on from there.
    pub fn generate_missing(
        &self,
        wanted: &BTreeSet<SecretName>,
        names: &DatabaseNames,
        random: &mut RandomSource<'_>,
    ) -> Result<Vec<SecretName>, StoreError> {
        // Each lost race means that another process has created a file, and there are but twelve names.
        const ROUNDS: usize = 16;
        let failed = |source| StoreError::Generate { path: self.path.clone(), source };
        let mut created = Vec::new();
        'again: for _ in 0..ROUNDS {
            let existing = self.known_secrets()?;
            let plan = generate::plan_generation(wanted, &existing).map_err(failed)?;
            for NewSecret { name, value } in generate::generate(&plan, &existing, names, random).map_err(failed)? {
                match self.write_new(&name, &value) {
                    Ok(()) => created.push(name),
                    Err(StoreError::Exists { .. }) => continue 'again,
                    Err(error) => return Err(error),
                }
            }
            return Ok(created);
        }
        Err(StoreError::Busy { path: self.path.clone() })
    }

    /// What is wrong with the required secrets and with the directory; empty when all is well.
    pub fn verify(&self, required: &[SecretName]) -> Vec<Problem> {
        let mut found = Vec::new();
        if let Ok(directory) = fs::metadata(&self.path)
            && mode(&directory) & 0o077 != 0
        {
            found.push(Problem {
                name: self.path.display().to_string(),
                kind: ProblemKind::Permissions,
                what: format!("can be entered by others (mode {:04o})", mode(&directory)),
                hint: format!("chmod 700 {}", quoted(&self.path)),
            });
        }
        let files = required.iter().map(|name| (name.clone(), self.file(name))).collect();
        found.extend(verify_files(&files));
        // A directory that cannot be read is told by each secret in it.
        found.extend(self.files().unwrap_or_default().iter().filter_map(|path| stray(path)));
        found
    }

    /// The secrets of the catalogue that exist.
    fn known_secrets(&self) -> Result<Values, StoreError> {
        let mut existing = Values::new();
        for name in super::catalogue::names() {
            match self.read(&name) {
                Ok(value) => _ = existing.insert(name, value),
                Err(StoreError::Missing { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(existing)
    }

    /// Everything in the directory but the hidden files that are not this program's, sorted.
    fn files(&self) -> Result<Vec<PathBuf>, StoreError> {
        let unreadable = |source| StoreError::Unreadable { path: self.path.clone(), source };
        let entries = match fs::read_dir(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(unreadable)?,
        };
        let mut files = Vec::new();
        for entry in entries {
            let path = entry.map_err(unreadable)?.path();
            let name = file_name(&path);
            // `.gitignore` and its like are nobody's problem.
            if !name.starts_with('.') || name.starts_with(TEMPORARY) {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }
}

/// The value of a secret that lies anywhere, without the one line break that editors put at the end.
///
/// # Errors
/// As `SecretDir::read`.
pub fn read_file(name: &SecretName, path: &Path) -> Result<Secret<Vec<u8>>, StoreError> {
    let path = path.to_owned();
    let found = match fs::metadata(&path) {
        Ok(found) => found,
        // A link that leads nowhere is there: creating a secret of its name would fail.
        Err(source) if source.kind() != io::ErrorKind::NotFound || path.is_symlink() => {
            return Err(StoreError::Unreadable { path, source });
        }
        Err(_) => return Err(StoreError::Missing { name: name.to_string(), path }),
    };
    // Asked before opening: opening a pipe would wait for its writer.
    if !found.is_file() {
        return Err(StoreError::NotAFile { path });
    }
    if found.len() > MAX_SIZE {
        return Err(StoreError::TooLarge { path });
    }
    // Room for all of it and for what may have been added: a buffer that grows leaves copies behind in memory.
    let room = usize::try_from(found.len()).unwrap_or_default() + 64;
    let mut value = Zeroizing::new(Vec::with_capacity(room));
    match File::open(&path).and_then(|file| file.take(MAX_SIZE + 1).read_to_end(&mut value)) {
        Ok(size) if size as u64 > MAX_SIZE => return Err(StoreError::TooLarge { path }),
        Ok(_) => {}
        Err(source) => return Err(StoreError::Unreadable { path, source }),
    }
    if value.ends_with(b"\n") {
        value.pop();
        if value.ends_with(b"\r") {
            value.pop();
        }
    }
    Ok(Secret::new(std::mem::take(&mut *value)))
}

/// What is wrong with these secrets, each at its path; empty when all is well.
pub fn verify_files(files: &BTreeMap<SecretName, PathBuf>) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut values = BTreeMap::new();
    for (name, path) in files {
        match read_file(name, path) {
            Ok(value) => _ = values.insert(name.as_str(), (path.as_path(), value)),
            Err(error) => found.push(Problem {
                name: name.to_string(),
                kind: error.kind(),
                what: match &error {
                    StoreError::Missing { .. } => "is missing".into(),
                    other => format!("cannot be used: {other}"),
                },
                hint: error.hint().unwrap_or_else(|| format!("ls -ld {}", quoted(path))),
            }),
        }
        if let Ok(file) = fs::metadata(path)
            && file.is_file()
            && mode(&file) & 0o077 != 0
        {
            found.push(Problem {
                name: name.to_string(),
                kind: ProblemKind::Permissions,
                what: format!("can be read by others (mode {:04o})", mode(&file)),
                hint: format!("chmod 600 {}", quoted(path)),
            });
        }
    }
    found.extend(check::values(&values));
    found
}

/// Random bytes from the operating system.
///
/// # Errors
/// When it has none to give.
pub fn system_random(buffer: &mut [u8]) -> Result<(), NoRandomBytes> {
    getrandom::fill(buffer).map_err(|error| NoRandomBytes(error.to_string()))
}

fn stray(path: &Path) -> Option<Problem> {
    let name = file_name(path);
    let problem = |what: &str, hint| Some(Problem { name: name.clone(), kind: ProblemKind::Stray, what: what.into(), hint });
    if name.starts_with(TEMPORARY) {
        return problem("was left behind by an interrupted write", format!("rm {}", quoted(path)));
    }
    match name.parse::<SecretName>() {
        Err(_) => {
            let outside = path.parent().unwrap_or(path).join("..");
            problem("is no name of a secret", format!("mv -i {} {}", quoted(path), quoted(&outside)))
        }
        Ok(_) => None,
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn mode(found: &fs::Metadata) -> u32 {
    found.permissions().mode() & 0o7777
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::{super::GENERATE_COMMAND, *};

    fn name(text: &str) -> SecretName {
        text.parse().unwrap()
    }

    fn secret(text: &str) -> Secret<Vec<u8>> {
        Secret::new(text.as_bytes().to_vec())
    }

    fn temporary() -> (tempfile::TempDir, SecretDir) {
        let place = tempfile::tempdir().unwrap();
        let directory = SecretDir::open(place.path().join("secrets")).unwrap();
        (place, directory)
    }

    /// What the bundled stack can generate.
    fn generated() -> Vec<SecretName> {
        let given = ["overseerr_api_key", "uptime_kuma_token"];
        super::super::catalogue::names().filter(|name| !given.contains(&name.as_str())).collect()
    }

    fn generate_all(directory: &SecretDir) -> Result<Vec<SecretName>, StoreError> {
        directory.generate_missing(&generated().into_iter().collect(), &DatabaseNames::default(), &mut system_random)
    }

    /// A complete directory in which one file holds something else.
    fn complete_but(changed: &str, value: &str) -> (tempfile::TempDir, SecretDir) {
        let (place, directory) = temporary();
        directory.write_new(&name(changed), &secret(value)).unwrap();
        for entry in super::super::catalogue::CATALOGUE {
            let url = super::super::catalogue::PAIRS.iter().find(|pair| pair.url == entry.name);
            let value = match url {
                Some(pair) => format!("{}://:{}@h/0", pair.schemes[0], "0a".repeat(32)),
                None => "0a".repeat(32),
            };
            if entry.name != changed {
                directory.write_new(&name(entry.name), &secret(&value)).unwrap();
            }
        }
        (place, directory)
    }

    fn problems(directory: &SecretDir) -> Vec<(String, ProblemKind)> {
        let all: Vec<_> = super::super::catalogue::names().collect();
        directory.verify(&all).into_iter().map(|problem| (problem.name, problem.kind)).collect()
    }

    fn contents(directory: &SecretDir) -> BTreeMap<PathBuf, Vec<u8>> {
        directory.files().unwrap().into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn what_is_generated_is_found_to_be_right_and_stays() {
        let (_place, directory) = temporary();
        assert_eq!(generate_all(&directory).unwrap(), generated());
        assert_eq!(directory.verify(&generated()), []);
        let before = contents(&directory);
        // The old script made everything anew at each run while the database kept its password.
        assert_eq!(generate_all(&directory).unwrap(), []);
        assert_eq!(contents(&directory), before);
        assert!(before.values().all(|value| !value.ends_with(b"\n")), "a line break would become part of a value");
        assert_eq!(mode(&fs::metadata(directory.path()).unwrap()), 0o700);
        assert!(directory.list().unwrap().iter().all(|info| info.mode == 0o600 && info.problems.is_empty()));
    }

    /// A run that was interrupted after the passwords, or a directory that somebody filled in part.
    #[test]
    fn a_partial_directory_is_completed_around_what_is_there() {
        let (_place, directory) = temporary();
        directory.write_new(&name("postgres_password"), &secret("from-the-volume")).unwrap();
        directory.write_new(&name("redis_url"), &secret("redis://:known@redis:6379/0")).unwrap();
        let created = generate_all(&directory).unwrap();
        assert!(!created.contains(&name("postgres_password")) && !created.contains(&name("redis_url")));
        let url = directory.read(&name("database_url")).unwrap();
        assert!(String::from_utf8_lossy(url.expose()).contains(":from-the-volume@"));
        assert_eq!(directory.read(&name("redis_password")).unwrap().expose(), b"known");
        assert_eq!(directory.verify(&generated()), []);
    }

    #[test]
    fn contradictions_stop_generation_before_anything_is_written() {
        let (place, directory) = temporary();
        directory.write_new(&name("postgres_password"), &secret("hunter2")).unwrap();
        directory.write_new(&name("database_url"), &secret("postgresql://m:hunter3@postgres/m")).unwrap();
        let before = contents(&directory);
        let error = generate_all(&directory).unwrap_err();
        assert_eq!(contents(&directory), before);
        let shown = format!("{error} {}", error.hint().unwrap());
        assert!(shown.contains("postgres_password") && shown.contains("database_url"), "{shown}");
        assert!(!shown.contains("hunter") && shown.contains(place.path().to_str().unwrap()), "{shown}");
    }

    #[test]
    fn an_existing_file_is_never_overwritten() {
        let (_place, directory) = temporary();
        let key = name("jwt_secret");
        directory.write_new(&key, &secret("first")).unwrap();
        assert!(matches!(directory.write_new(&key, &secret("second")), Err(StoreError::Exists { .. })));
        assert_eq!(directory.read(&key).unwrap().expose(), b"first");
        std::os::unix::fs::symlink("nowhere", directory.path().join("redis_url")).unwrap();
        assert!(matches!(directory.write_new(&name("redis_url"), &secret("x")), Err(StoreError::Exists { .. })));
        assert_eq!(directory.files().unwrap().len(), 2, "nothing is left behind");
    }

    #[test]
    fn of_many_writers_one_wins_and_its_content_is_whole() {
        let (_place, directory) = temporary();
        let key = name("jwt_secret");
        let (writers, size) = (8_u8, 100_000);
        let start = Barrier::new(usize::from(writers));
        let won: Vec<u8> = std::thread::scope(|scope| {
            let run = |id: u8| {
                let (directory, key, start) = (&directory, &key, &start);
                scope.spawn(move || {
                    start.wait();
                    directory.write_new(key, &Secret::new(vec![b'a' + id; size])).is_ok().then_some(id)
                })
            };
            let threads: Vec<_> = (0..writers).map(run).collect();
            threads.into_iter().filter_map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(won.len(), 1, "{won:?}");
        assert_eq!(directory.read(&key).unwrap().expose(), &vec![b'a' + won[0]; size]);
    }

    #[test]
    fn runs_at_the_same_time_agree_on_one_set() {
        for _ in 0..10 {
            let (_place, directory) = temporary();
            let start = Barrier::new(4);
            let created: Vec<SecretName> = std::thread::scope(|scope| {
                let run = || {
                    start.wait();
                    generate_all(&directory).unwrap()
                };
                let threads: Vec<_> = (0..4).map(|_| scope.spawn(run)).collect();
                threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
            });
            assert_eq!(created.iter().collect::<BTreeSet<_>>(), generated().iter().collect());
            assert_eq!(created.len(), generated().len(), "each is created once");
            assert_eq!(directory.verify(&generated()), []);
        }
    }

    /// Another process adds a password between the moment when all was missing and the first write.
    #[test]
    fn a_lost_race_is_worked_out_again() {
        let (_place, directory) = temporary();
        let rival = directory.clone();
        let mut first = true;
        let mut random = |buffer: &mut [u8]| {
            if std::mem::take(&mut first) {
                rival.write_new(&name("postgres_password"), &secret("rival")).unwrap();
            }
            system_random(buffer)
        };
        let wanted = generated().into_iter().collect();
        let created = directory.generate_missing(&wanted, &DatabaseNames::default(), &mut random).unwrap();
        assert!(!created.contains(&name("postgres_password")));
        assert_eq!(directory.verify(&generated()), []);
    }

    #[test]
    fn one_line_break_at_the_end_is_not_part_of_the_value() {
        let (_place, directory) = temporary();
        for (file, content, want) in
            [("a", "x\n", "x"), ("b", "x\r\n", "x"), ("c", "x\n\n", "x\n"), ("d", "\n", ""), ("e", "x", "x")]
        {
            directory.write_new(&name(file), &secret(content)).unwrap();
            assert_eq!(directory.read(&name(file)).unwrap().expose(), want.as_bytes(), "{file}");
        }
    }

    #[test]
    fn what_cannot_be_a_secret_is_refused_with_its_path_and_a_command() {
        let (_place, directory) = temporary();
        directory.write_new(&name("large"), &Secret::new(vec![b'x'; (1 << 20) + 1])).unwrap();
        fs::create_dir(directory.path().join("nested")).unwrap();
        std::os::unix::fs::symlink("nowhere", directory.path().join("dangling")).unwrap();
        for (file, want) in [("large", "too large"), ("nested", "ordinary"), ("dangling", "read"), ("absent", "no secret file")] {
            let error = directory.read(&name(file)).unwrap_err();
            let path = directory.path().join(file).display().to_string();
            assert!(error.to_string().contains(want) && error.to_string().contains(&path), "{error}");
            assert!(error.hint().unwrap().contains(&path), "{error}");
        }
        let denied = StoreError::Unreadable { path: "/s/jwt_secret".into(), source: io::ErrorKind::PermissionDenied.into() };
        assert!(denied.hint().unwrap().ends_with("chmod u=rwX,go= /s/jwt_secret"));
    }

    #[test]
    fn each_problem_is_found_and_no_value_is_told() {
        let long = "0a".repeat(20);
        let cases = [
            ("jwt_secret", "", ProblemKind::Empty),
            ("jwt_secret", "\n", ProblemKind::Empty),
            ("encryption_key", "c0ffee", ProblemKind::TooShort),
            ("metrics_token", "c0ffeec0ffeec0ffee", ProblemKind::TooShort),
            ("nextauth_secret", "c0ffee", ProblemKind::TooShort),
            ("jwt_secret", &format!("{long}dEv"), ProblemKind::RefusedWord),
            ("plex_client_id", "c0ffee-Example", ProblemKind::RefusedWord),
            ("nextauth_secret", &format!(" {long}"), ProblemKind::Whitespace),
            ("nextauth_secret", &format!("{long} \n"), ProblemKind::Whitespace),
            ("database_url", "c0ffee", ProblemKind::MalformedUrl),
            ("redis_url", "redis://:c0ffee@redis:6379/0", ProblemKind::Disagrees),
            ("redis_url", "redis://redis:6379/0", ProblemKind::Disagrees),
            // The old script knew only `<` and "generate", while its own template wrote REPLACE_WITH_.
            ("jwt_secret", "REPLACE_WITH_a_long_random_c0ffee", ProblemKind::Placeholder),
            ("jwt_secret", "<c0ffee>", ProblemKind::Placeholder),
            ("nextauth_secret", "generate-with-openssl-c0ffee", ProblemKind::Placeholder),
            ("redis_password", "changeme", ProblemKind::Disagrees),
        ];
        for (file, value, want) in cases {
            let (_place, directory) = complete_but(file, value);
            let all: Vec<_> = super::super::catalogue::names().collect();
            let found = directory.verify(&all);
            assert!(found.iter().any(|problem| problem.kind == want), "{file} {value}: {found:?}");
            let shown = format!("{found:?} {}", serde_json::to_string(&found).unwrap());
            assert!(!shown.contains("c0ffee") && found.iter().all(|problem| !problem.hint.is_empty()), "{shown}");
        }
    }

    /// Runs the commands of all hints in a shell; the tool itself is stood in for, its part is done here.
    fn follow_hints(directory: &SecretDir) {
        for problem in directory.verify(&super::super::catalogue::names().collect::<Vec<_>>()) {
            let script = format!("medianestctl() {{ :; }}; {}", problem.hint);
            let mut shell = std::process::Command::new("sh");
            shell.args(["-c", &script]).stdin(std::process::Stdio::piped()).stderr(std::process::Stdio::null());
            let mut running = shell.spawn().unwrap();
            // A command that asks for nothing may have ended already.
            let _ = running.stdin.take().unwrap().write_all(b"c0ffee\n");
            running.wait().unwrap();
        }
        generate_all(directory).unwrap();
    }

    #[test]
    fn every_hint_mends_its_problem() {
        let cases = [
            ("jwt_secret", ""),
            ("encryption_key", "short"),
            ("plex_client_id", "my-demo"),
            ("nextauth_secret", "REPLACE_WITH_something_long_enough_to_be_one"),
            ("uptime_kuma_token", "<token>"),
            ("database_url", "nonsense"),
            ("redis_url", "redis://:other@redis:6379/0"),
            ("postgres_password", ""),
            ("postgres_password", "<password>"),
            ("redis_password", "trailing "),
            ("redis_password", "a/b="),
            ("not a name", "x"),
        ];
        for (file, value) in cases {
            let place = tempfile::Builder::new().prefix("it's a place ").tempdir().unwrap();
            let directory = SecretDir::open(place.path().join("secrets")).unwrap();
            generate_all(&directory).unwrap();
            for given in ["overseerr_api_key", "uptime_kuma_token"] {
                directory.write_new(&name(given), &secret("c0ffee")).unwrap();
            }
            fs::write(directory.path().join(file), value).unwrap();
            set_mode(&directory.path().join(file), 0o644);
            set_mode(directory.path(), 0o750);
            assert_ne!(problems(&directory), [], "{file} {value}");
            follow_hints(&directory);
            assert_eq!(problems(&directory), [], "{file} {value}");
        }
        let (_place, empty) = temporary();
        follow_hints(&empty);
        // What only the user knows needs the directory, which exists from now on.
        follow_hints(&empty);
        assert_eq!(problems(&empty), []);
    }

    #[test]
    fn a_complete_directory_has_no_problem() {
        let (_place, directory) = complete_but("overseerr_api_key", "");
        assert_eq!(problems(&directory), []);
    }

    #[test]
    fn missing_secrets_get_the_command_that_makes_them() {
        let (_place, directory) = temporary();
        let found = directory.verify(&[name("jwt_secret"), name("overseerr_api_key"), name("my_own")]);
        assert!(found.iter().all(|problem| problem.kind == ProblemKind::Missing), "{found:?}");
        assert_eq!(found[0].hint, GENERATE_COMMAND);
        for given in &found[1..] {
            assert!(given.hint.starts_with("install -m 600 /dev/stdin "), "{}", given.hint);
        }
    }

    /// A base64 password of the old scripts: right when the URL encodes it, explained when it does not.
    #[test]
    fn an_unsafe_password_is_a_problem_only_where_its_url_is_wrong() {
        let (_place, directory) = temporary();
        directory.write_new(&name("postgres_password"), &secret("ab/c+d=")).unwrap();
        generate_all(&directory).unwrap();
        assert_eq!(directory.verify(&generated()), []);
        let url = directory.file(&name("database_url"));
        fs::write(url, "postgresql://medianest:ab/c+d=@postgres:5432/medianest").unwrap();
        let want =
            [("database_url".to_owned(), ProblemKind::MalformedUrl), ("postgres_password".to_owned(), ProblemKind::NotUrlSafe)];
        let found: Vec<_> = directory.verify(&generated()).into_iter().map(|p| (p.name, p.kind)).collect();
        assert_eq!(found, want);
    }

    #[test]
    fn permissions_wider_than_the_owner_are_told_and_do_not_block() {
        let (_place, directory) = temporary();
        generate_all(&directory).unwrap();
        set_mode(&directory.file(&name("jwt_secret")), 0o640);
        set_mode(directory.path(), 0o755);
        let found = directory.verify(&generated());
        let modes: Vec<_> = found.iter().map(|problem| (problem.kind, problem.hint.split(' ').nth(1).unwrap())).collect();
        assert_eq!(modes, [(ProblemKind::Permissions, "700"), (ProblemKind::Permissions, "600")]);
        assert!(found.iter().all(|problem| !problem.kind.blocks()));
    }

    #[test]
    fn files_that_are_no_secrets_are_listed_as_problems() {
        let (_place, directory) = temporary();
        generate_all(&directory).unwrap();
        for stray in ["not a name", ".medianest-new-x1", ".gitignore"] {
            fs::write(directory.path().join(stray), "x").unwrap();
        }
        let list = directory.list().unwrap();
        let stray: Vec<_> = list.iter().filter(|info| !info.problems.is_empty()).map(|info| info.name.as_str()).collect();
        assert_eq!(stray, [".medianest-new-x1", "not a name"]);
        assert_eq!(problems(&directory).iter().filter(|(_, kind)| *kind == ProblemKind::Stray).count(), 2);
        assert!(SecretDir::open(directory.path().join("not a name")).is_err());
    }
}
