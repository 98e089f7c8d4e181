//! The keys of a deployment, in the directory `backup` beside its Compose file: who can open its sets, what it signs them with,
//! whose signatures it trusts. Identities and passphrases come from files that a person names.
//!
//! Refuses a signing key that others can read, private keys where public ones belong, and to show either.

use std::{
    fmt::Write as _,
    io,
    path::{Path, PathBuf},
};

use thiserror::Error;

use super::{
    files,
    keys::{Identity, KeyError, Lock, Recipient, Unlock, generate_signing_key},
    manifest::Openers,
    signature::{NotAKey, SigningKey, VerifyingKey},
};
use crate::secret::{NoRandomBytes, RandomSource, Secret, quoted};

/// The directory's name in the deployment directory.
const DIRECTORY: &str = "backup";
/// Public keys of those who can open sets, one a line.
const RECIPIENTS: &str = "recipients.txt";
/// What sets are signed with.
const SIGNING_KEY: &str = "signing.key";
/// Further public signing keys that are trusted, one a line.
const TRUSTED: &str = "trusted.txt";

/// What is wrong with a key's file.
#[derive(Debug, Error)]
pub enum KeyringError {
    /// It cannot be read.
    #[error("{path} cannot be read")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not there.
    #[error("there is no file {0}")]
    Missing(PathBuf),
    /// It cannot be written.
    #[error("{path} cannot be written")]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is there, and is not overwritten.
    #[error("{0} is there already, and a key is never overwritten")]
    Exists(PathBuf),
    /// A private key that others can read.
    #[error("{path} can be read by others (mode {mode:03o})")]
    Open {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A line of a list is no key of its kind.
    #[error("{path}, line {line}: {why}")]
    Line {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        why: LineError,
    },
    /// The file is not what it should be.
    #[error("{path}: {why}")]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: KeyError,
    },
    /// The file holds no signing key.
    #[error("{0} holds no signing key (MEDIANEST-SIGNING-KEY-1:…)")]
    NoSigningKey(PathBuf),
    /// What the Compose file or the command line gives is no key.
    #[error(transparent)]
    Given(#[from] KeyError),
    /// No key could be made.
    #[error(transparent)]
    Random(#[from] NoRandomBytes),
}

/// What is wrong with a line.
#[derive(Debug, Error)]
pub enum LineError {
    /// It is no recipient.
    #[error(transparent)]
    Recipient(#[from] KeyError),
    /// It is no public signing key.
    #[error(transparent)]
    Signer(#[from] NotAKey),
}

impl KeyringError {
    /// What to run to mend it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Open { path, .. } => format!("chmod 600 {}", quoted(path)),
            Self::Exists(path) => format!("name another file, or move that one away: mv -i {0} {0}.old", quoted(path)),
            Self::Key { why, .. } | Self::Given(why) => why.hint().to_owned(),
            Self::Line { why: LineError::Recipient(why), .. } => why.hint().to_owned(),
            Self::Line { why: LineError::Signer(_), .. } => {
                "medianestctl backup key test shows the public signing key of a deployment".to_owned()
            }
            Self::NoSigningKey(path) => format!(
                "bring the right one back; or move it away, and the next backup makes another: mv -i {0} {0}.old",
                quoted(path)
            ),
            Self::Unreadable { .. } | Self::Missing(_) | Self::Unwritable { .. } | Self::Random(_) => return None,
        })
    }
}

/// The keys of one deployment.
#[derive(Debug, Clone)]
pub struct Keyring {
    directory: PathBuf,
}

impl Keyring {
    /// Of the deployment in this directory. Nothing is read yet.
    pub fn of(deployment: &Path) -> Self {
        Self { directory: deployment.join(DIRECTORY) }
    }

    /// The file that lists who can open sets.
    pub fn recipients_file(&self) -> PathBuf {
        self.directory.join(RECIPIENTS)
    }

    /// The file that lists whose signatures are trusted.
    pub fn trusted_file(&self) -> PathBuf {
        self.directory.join(TRUSTED)
    }

    /// Who can open new sets: those that are declared, and those of the file; each once.
    ///
    /// # Errors
    /// When a text is no recipient, or the file cannot be read.
    pub fn recipients(&self, declared: &[String]) -> Result<Vec<Recipient>, KeyringError> {
        let mut recipients: Vec<Recipient> = declared.iter().map(|text| text.parse()).collect::<Result<_, KeyError>>()?;
        recipients.extend(self.lines(RECIPIENTS, |line| Ok(line.parse::<Recipient>()?))?);
        let mut seen = std::collections::BTreeSet::new();
        recipients.retain(|recipient| seen.insert(recipient.to_string()));
        Ok(recipients)
    }

    /// Lists a further one who can open new sets. Returns whether it was new.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn add_recipient(&self, recipient: &Recipient, remark: &str) -> Result<bool, KeyringError> {
        let known = self.recipients(&[])?.iter().any(|known| known.to_string() == recipient.to_string());
        if known {
            return Ok(false);
        }
        let path = self.recipients_file();
        let mut text = self.text(&path)?.map(|text| text.as_str().to_owned()).unwrap_or_default();
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        let _ = writeln!(text, "# {remark}\n{recipient}");
        let written = files::replace(&path, text.as_bytes(), files::PUBLIC);
        written.map(|()| true).map_err(|source| KeyringError::Unwritable { path, source })
    }

    /// What new sets are encrypted with: the passphrase where one is given, else the recipients; `None` where there are none.
    ///
    /// # Errors
    /// As [`Keyring::recipients`], and when the passphrase is too short.
    pub fn lock(&self, declared: &[String], unlocking: &Unlocking) -> Result<Option<Lock>, KeyringError> {
        if let Some(passphrase) = &unlocking.passphrase {
            return Ok(Some(Lock::passphrase(passphrase.clone())?));
        }
        let recipients = self.recipients(declared)?;
        if recipients.is_empty() { Ok(None) } else { Ok(Some(Lock::recipients(recipients)?)) }
    }

    /// What sets are signed with, if there is such a key yet.
    ///
    /// # Errors
    /// When the file can be read by others, or is no key.
    pub fn signing_key(&self) -> Result<Option<SigningKey>, KeyringError> {
        let path = self.directory.join(SIGNING_KEY);
        let Some(text) = self.text(&path)? else { return Ok(None) };
        let mode = files::mode(&path).map_err(|source| KeyringError::Unreadable { path: path.clone(), source })?;
        if mode & 0o077 != 0 {
            return Err(KeyringError::Open { path, mode });
        }
        let key = SigningKey::from_text(&Secret::new(text.as_str().to_owned()));
        key.map(Some).map_err(|_| KeyringError::NoSigningKey(path))
    }

    /// What sets are signed with; made where there is none yet. Of several who make it at once all get the same.
    ///
    /// # Errors
    /// As [`Keyring::signing_key`], and when it cannot be written.
    pub fn signing_key_or_new(&self, random: &mut RandomSource<'_>) -> Result<SigningKey, KeyringError> {
        if let Some(key) = self.signing_key()? {
            return Ok(key);
        }
        let key = generate_signing_key(random)?;
        let path = self.directory.join(SIGNING_KEY);
        let text = zeroize::Zeroizing::new(format!("{}\n", key.to_text().expose()));
        match files::create(&path, text.as_bytes(), files::PRIVATE) {
            Ok(()) => Ok(key),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                self.signing_key()?.ok_or(KeyringError::Unwritable { path, source: error })
            }
            Err(source) => Err(KeyringError::Unwritable { path, source }),
        }
    }

    /// Whose manifests are believed: the deployment's own key, and those of the file.
    ///
    /// # Errors
    /// When a file cannot be read, or a line is no key.
    pub fn trusted(&self) -> Result<Vec<VerifyingKey>, KeyringError> {
        let mut trusted: Vec<_> = self.signing_key()?.iter().map(SigningKey::verifying_key).collect();
        for key in self.lines(TRUSTED, |line| {
            // What follows the key is a remark.
            Ok(line.split_whitespace().next().unwrap_or_default().parse::<VerifyingKey>()?)
        })? {
            if !trusted.contains(&key) {
                trusted.push(key);
            }
        }
        Ok(trusted)
    }

    fn text(&self, path: &Path) -> Result<Option<zeroize::Zeroizing<String>>, KeyringError> {
        files::read(path).map_err(|source| KeyringError::Unreadable { path: path.to_owned(), source })
    }

    /// The lines of a list, but for blank ones and remarks.
    fn lines<T>(&self, name: &str, parse: impl Fn(&str) -> Result<T, LineError>) -> Result<Vec<T>, KeyringError> {
        let path = self.directory.join(name);
        let text = self.text(&path)?.unwrap_or_default();
        let lines = text.lines().map(str::trim).enumerate();
        let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        lines
            .map(|(number, line)| parse(line).map_err(|why| KeyringError::Line { path: path.clone(), line: number + 1, why }))
            .collect()
    }
}

/// What a person has given to open sets with.
#[derive(Debug, Clone, Default)]
pub struct Unlocking {
    identities: Vec<Identity>,
    passphrase: Option<Secret<String>>,
}

impl Unlocking {
    /// From these files: identities as age-keygen writes them, and a passphrase (the first line).
    ///
    /// # Errors
    /// When one cannot be read, or holds nothing of its kind.
    pub fn read(identities: &[PathBuf], passphrase: Option<&Path>) -> Result<Self, KeyringError> {
        let mut unlocking = Self::default();
        for path in identities {
            let content = Secret::new(given(path)?.as_str().to_owned());
            let found = Identity::read_file(&content).map_err(|why| KeyringError::Key { path: path.clone(), why })?;
            unlocking.identities.extend(found);
        }
        if let Some(path) = passphrase {
            let content = given(path)?;
            unlocking.passphrase = Some(Secret::new(content.lines().next().unwrap_or_default().to_owned()));
        }
        Ok(unlocking)
    }

    /// The identities.
    pub fn identities(&self) -> &[Identity] {
        &self.identities
    }

    /// Whether nothing was given.
    pub fn is_empty(&self) -> bool {
        self.identities.is_empty() && self.passphrase.is_none()
    }

    /// What opens a set of such openers; `None` where nothing of the kind was given, or nothing is needed.
    pub fn key_for(&self, openers: &Openers) -> Option<Unlock> {
        match openers {
            Openers::Everybody => None,
            Openers::Passphrase => self.passphrase.clone().map(Unlock::Passphrase),
            Openers::Recipients(_) => (!self.identities.is_empty()).then(|| Unlock::Identities(self.identities.clone())),
        }
    }

    /// Whether one of the identities is among the openers.
    pub fn fits(&self, openers: &Openers) -> bool {
        match openers {
            Openers::Everybody => true,
            Openers::Passphrase => self.passphrase.is_some(),
            Openers::Recipients(prints) => self.identities.iter().any(|identity| prints.contains(&identity.recipient().print())),
        }
    }
}

fn given(path: &Path) -> Result<zeroize::Zeroizing<String>, KeyringError> {
    let read = files::read(path).map_err(|source| KeyringError::Unreadable { path: path.to_owned(), source })?;
    read.ok_or_else(|| KeyringError::Missing(path.to_owned()))
}

/// Writes a new identity to a file of its own, for its owner only.
///
/// # Errors
/// `Exists` where there is something of that name.
pub fn write_identity(path: &Path, identity: &Identity, remark: &str) -> Result<(), KeyringError> {
    let text = identity_file(identity, remark);
    files::create(path, text.expose().as_bytes(), files::PRIVATE).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => KeyringError::Exists(path.to_owned()),
        _ => KeyringError::Unwritable { path: path.to_owned(), source },
    })
}

/// An identity as age-keygen writes it.
pub fn identity_file(identity: &Identity, remark: &str) -> Secret<String> {
    Secret::new(format!("# {remark}\n# public key: {}\n{}\n", identity.recipient(), identity.to_text().expose()))
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use super::*;
    use crate::secret::system_random;

    fn place() -> (tempfile::TempDir, Keyring) {
        let place = tempfile::tempdir().unwrap();
        let keyring = Keyring::of(place.path());
        fs::create_dir(place.path().join("backup")).unwrap();
        (place, keyring)
    }

    #[test]
    fn recipients_are_those_declared_and_those_listed_each_once() {
        let (place, keyring) = place();
        let (one, two) = (Identity::generate().recipient(), Identity::generate().recipient());
        assert!(keyring.recipients(&[]).unwrap().is_empty());
        assert!(keyring.lock(&[], &Unlocking::default()).unwrap().is_none());
        assert!(keyring.add_recipient(&one, "first").unwrap());
        assert!(!keyring.add_recipient(&one, "again").unwrap());
        assert!(keyring.add_recipient(&two, "second").unwrap());
        let text = fs::read_to_string(keyring.recipients_file()).unwrap();
        assert_eq!(text, format!("# first\n{one}\n# second\n{two}\n"));
        let all: Vec<_> = keyring.recipients(&[two.to_string()]).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(all, [two.to_string(), one.to_string()]);
        let lock = keyring.lock(&[], &Unlocking::default()).unwrap().unwrap();
        assert_eq!(lock.openers(), Openers::Recipients(vec![one.print(), two.print()]));
        let secret = Identity::generate().to_text();
        fs::write(place.path().join("backup/recipients.txt"), format!("\n# x\n{}\n", secret.expose())).unwrap();
        let error = keyring.recipients(&[]).unwrap_err();
        assert!(
            error.to_string().ends_with("line 3: that is a private age identity, where a recipient (age1…) belongs"),
            "{error}"
        );
        assert!(!format!("{error:?}").contains(&secret.expose()[20..]));
    }

    #[test]
    fn a_signing_key_is_made_once_and_is_its_owners_only() {
        let (place, keyring) = place();
        assert!(keyring.signing_key().unwrap().is_none() && keyring.trusted().unwrap().is_empty());
        let made = keyring.signing_key_or_new(&mut system_random).unwrap().verifying_key();
        assert_eq!(keyring.signing_key_or_new(&mut system_random).unwrap().verifying_key(), made);
        let path = place.path().join("backup/signing.key");
        assert_eq!(files::mode(&path).unwrap(), 0o600);
        assert_eq!(keyring.trusted().unwrap(), [made]);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = keyring.signing_key().unwrap_err();
        assert!(matches!(error, KeyringError::Open { mode: 0o640, .. }) && error.hint().unwrap().starts_with("chmod 600 "));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "MEDIANEST-SIGNING-KEY-1:hunter2").unwrap();
        let error = keyring.signing_key_or_new(&mut system_random).unwrap_err();
        assert!(matches!(error, KeyringError::NoSigningKey(_)) && !format!("{error:?}").contains("hunter2"), "{error}");
    }

    #[test]
    fn of_many_who_make_a_signing_key_at_once_all_have_the_same() {
        let (_place, keyring) = place();
        let made = || keyring.signing_key_or_new(&mut system_random).unwrap().verifying_key().to_string();
        let keys: std::collections::BTreeSet<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(made)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(keys.len(), 1);
    }

    #[test]
    fn further_signers_are_trusted_by_their_public_keys() {
        let (place, keyring) = place();
        let other = generate_signing_key(&mut system_random).unwrap().verifying_key();
        fs::write(place.path().join("backup/trusted.txt"), format!("# the old server\n{other} shop-1\n\n{other}\n")).unwrap();
        assert_eq!(keyring.trusted().unwrap(), [other]);
        fs::write(place.path().join("backup/trusted.txt"), "ed25519:00\n").unwrap();
        assert!(matches!(keyring.trusted().unwrap_err(), KeyringError::Line { line: 1, .. }));
    }

    #[test]
    fn what_opens_a_set_is_of_its_kind() {
        let place = tempfile::tempdir().unwrap();
        let (identity, phrase) = (place.path().join("key.txt"), place.path().join("phrase"));
        let made = Identity::generate();
        write_identity(&identity, &made, "for a test").unwrap();
        assert!(matches!(write_identity(&identity, &made, "again").unwrap_err(), KeyringError::Exists(_)));
        assert_eq!(files::mode(&identity).unwrap(), 0o600);
        fs::write(&phrase, "correct horse battery\n").unwrap();
        let both = Unlocking::read(&[identity], Some(&phrase)).unwrap();
        let ours = Openers::Recipients(vec![made.recipient().print()]);
        assert!(matches!(both.key_for(&ours), Some(Unlock::Identities(_))) && both.fits(&ours));
        assert!(
            matches!(both.key_for(&Openers::Passphrase), Some(Unlock::Passphrase(text)) if text.expose() == "correct horse battery")
        );
        assert!(both.key_for(&Openers::Everybody).is_none());
        assert!(!both.fits(&Openers::Recipients(vec![Identity::generate().recipient().print()])));
        let none = Unlocking::default();
        assert!(none.is_empty() && none.key_for(&ours).is_none() && !none.fits(&ours));
        let missing = Unlocking::read(&[place.path().join("none")], None).unwrap_err();
        assert!(matches!(missing, KeyringError::Missing(_)));
    }
}
