//! Who can open a set: age recipients and their identities (X25519), or a passphrase. Refuses other kinds of age keys, and
//! work that a forged file could ask for.

use std::{fmt, str::FromStr};

use age::secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use zeroize::Zeroizing;

use super::{
    manifest::{Openers, RecipientPrint},
    signature::SigningKey,
};
use crate::secret::{NoRandomBytes, RandomSource, Secret};

/// Scrypt's cost for what we write, as a power of two: 64 MiB of memory, so that a backup stays within its bounds. It is no
/// substitute for a long passphrase.
const WORK: u8 = 16;

/// The highest cost that is paid when reading (1 GiB): files of the age command cost 2^18.
const MOST_WORK: u8 = 20;

/// A passphrase shorter than this, in characters, is refused when something is encrypted by it.
pub const SHORTEST_PASSPHRASE: usize = 12;

/// What is wrong with a key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyError {
    /// The text is no recipient of a kind that we take.
    #[error("`{0}` is not an age recipient (age1…)")]
    NotARecipient(String),
    /// A private key where a public one belongs. Its text is not repeated.
    #[error("that is a private age identity, where a recipient (age1…) belongs")]
    IdentityAsRecipient,
    /// The file holds no identity. Nothing of it is repeated.
    #[error("no age identity (AGE-SECRET-KEY-1…) was found in it")]
    NoIdentity,
    /// A line of the file is neither an identity nor a remark.
    #[error("line {0} of it is not an age identity (AGE-SECRET-KEY-1…)")]
    NotAnIdentity(usize),
    /// Nobody could open the set.
    #[error("a backup that is encrypted needs at least one recipient")]
    NoRecipient,
    /// Too easily guessed.
    #[error("the passphrase is shorter than {SHORTEST_PASSPHRASE} characters")]
    ShortPassphrase,
}

impl KeyError {
    /// What to run to mend it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::NotARecipient(_) | Self::NoRecipient | Self::IdentityAsRecipient => {
                "medianestctl backup key generate makes an identity and shows its recipient"
            }
            Self::NoIdentity | Self::NotAnIdentity(_) => {
                "give the file that medianestctl backup key generate (or age-keygen) wrote"
            }
            Self::ShortPassphrase => "use several words; nobody has to type it often",
        }
    }
}

/// A public key that something is encrypted to.
#[derive(Clone)]
pub struct Recipient(age::x25519::Recipient);

impl Recipient {
    /// Tells this recipient from others, in a manifest for instance.
    pub fn print(&self) -> RecipientPrint {
        let digest = Sha256::digest(self.to_string());
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&digest[..8]);
        RecipientPrint::new(bytes)
    }
}

impl FromStr for Recipient {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        if text.trim().to_ascii_uppercase().starts_with("AGE-SECRET-KEY-") {
            return Err(KeyError::IdentityAsRecipient);
        }
        text.trim().parse().map(Self).map_err(|_| KeyError::NotARecipient(text.trim().to_owned()))
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recipient({self})")
    }
}

/// A private key. Overwritten in memory when it goes; it is not shown.
#[derive(Clone)]
pub struct Identity(age::x25519::Identity);

impl Identity {
    /// A new one, from the system's randomness.
    pub fn generate() -> Self {
        Self(age::x25519::Identity::generate())
    }

    /// Who can be written to, for this identity to read.
    pub fn recipient(&self) -> Recipient {
        Recipient(self.0.to_public())
    }

    /// The key as it is kept in a file.
    pub fn to_text(&self) -> Secret<String> {
        Secret::new(self.0.to_string().expose_secret().to_owned())
    }

    /// Reads an identity file as age-keygen writes it: one identity a line, remarks after `#`.
    pub fn read_file(content: &Secret<String>) -> Result<Vec<Self>, KeyError> {
        let mut identities = Vec::new();
        for (number, line) in content.expose().lines().enumerate() {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') {
                identities.push(Self(line.parse().map_err(|_| KeyError::NotAnIdentity(number + 1))?));
            }
        }
        if identities.is_empty() { Err(KeyError::NoIdentity) } else { Ok(identities) }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity(of {})", self.recipient())
    }
}

/// What a new set is encrypted with.
#[derive(Debug, Clone)]
pub struct Lock(Locking);

#[derive(Debug, Clone)]
enum Locking {
    Recipients(Vec<Recipient>),
    Passphrase { text: Secret<String>, work: u8 },
}

impl Lock {
    /// Everyone of these can open it.
    pub fn recipients(recipients: Vec<Recipient>) -> Result<Self, KeyError> {
        if recipients.is_empty() { Err(KeyError::NoRecipient) } else { Ok(Self(Locking::Recipients(recipients))) }
    }

    /// Whoever knows the passphrase can open it.
    pub fn passphrase(text: Secret<String>) -> Result<Self, KeyError> {
        Self::passphrase_with_work(text, WORK)
    }

    /// The same at another cost (2^`work`), for tests that have no second to spend.
    pub fn passphrase_with_work(text: Secret<String>, work: u8) -> Result<Self, KeyError> {
        if text.expose().chars().count() < SHORTEST_PASSPHRASE {
            return Err(KeyError::ShortPassphrase);
        }
        Ok(Self(Locking::Passphrase { text, work }))
    }

    /// Who can open what is encrypted with it, for the manifest.
    pub fn openers(&self) -> Openers {
        match &self.0 {
            Locking::Recipients(recipients) => Openers::Recipients(recipients.iter().map(Recipient::print).collect()),
            Locking::Passphrase { .. } => Openers::Passphrase,
        }
    }

    /// The beginning of an encrypted file. A passphrase takes its time.
    pub(super) fn encryptor(&self) -> Result<age::Encryptor, age::EncryptError> {
        match &self.0 {
            Locking::Recipients(recipients) => {
                age::Encryptor::with_recipients(recipients.iter().map(|r| &r.0 as &dyn age::Recipient))
            }
            Locking::Passphrase { text, work } => {
                let mut recipient = age::scrypt::Recipient::new(secret_string(text));
                recipient.set_work_factor(*work);
                age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient))
            }
        }
    }
}

/// What a set is opened with.
#[derive(Debug, Clone)]
pub enum Unlock {
    /// Any of these.
    Identities(Vec<Identity>),
    /// The passphrase.
    Passphrase(Secret<String>),
}

/// Why an encrypted file was not opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NotOpened {
    /// It was encrypted to others, or with another passphrase.
    WrongKey,
    /// It asks for more work than we do.
    TooMuchWork,
    /// It is no age file, or a damaged one.
    Damaged(&'static str),
}

impl Unlock {
    /// Opens what is read from `input`.
    pub(super) fn open<R: std::io::BufRead>(&self, input: R) -> Result<age::stream::StreamReader<R>, NotOpened> {
        let decryptor = age::Decryptor::new_buffered(input).map_err(|error| NotOpened::Damaged(no_header(&error)))?;
        let opened = match self {
            Self::Identities(identities) => decryptor.decrypt(identities.iter().map(|i| &i.0 as &dyn age::Identity)),
            Self::Passphrase(text) => {
                let mut identity = age::scrypt::Identity::new(secret_string(text));
                identity.set_max_work_factor(MOST_WORK);
                decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity))
            }
        };
        opened.map_err(|error| match error {
            age::DecryptError::NoMatchingKeys | age::DecryptError::KeyDecryptionFailed | age::DecryptError::DecryptionFailed => {
                NotOpened::WrongKey
            }
            age::DecryptError::ExcessiveWork { .. } => NotOpened::TooMuchWork,
            age::DecryptError::InvalidMac => NotOpened::Damaged("the header of its encryption was changed"),
            _ => NotOpened::Damaged("the header of its encryption cannot be read"),
        })
    }
}

const fn no_header(error: &age::DecryptError) -> &'static str {
    match error {
        age::DecryptError::UnknownFormat => "it is encrypted in a way that this version does not know",
        _ => "it is not encrypted by age",
    }
}

fn secret_string(text: &Secret<String>) -> SecretString {
    SecretString::from(text.expose().clone())
}

/// A new signing key.
pub fn generate_signing_key(random: &mut RandomSource<'_>) -> Result<SigningKey, NoRandomBytes> {
    let mut seed = Zeroizing::new([0; 32]);
    random(&mut *seed)?;
    Ok(SigningKey::from_seed(&Secret::new(*seed)))
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;

    fn encrypted(lock: &Lock) -> Vec<u8> {
        let mut output = Vec::new();
        let mut writer = lock.encryptor().unwrap().wrap_output(&mut output).unwrap();
        writer.write_all(b"text").unwrap();
        writer.finish().unwrap();
        output
    }

    fn opened(unlock: &Unlock, file: &[u8]) -> Result<String, NotOpened> {
        let mut text = String::new();
        unlock.open(file)?.read_to_string(&mut text).unwrap();
        Ok(text)
    }

    fn phrase(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    #[test]
    fn each_recipient_can_open_and_nobody_else() {
        let (operator, recovery, other) = (Identity::generate(), Identity::generate(), Identity::generate());
        let lock = Lock::recipients(vec![operator.recipient(), recovery.recipient()]).unwrap();
        let file = encrypted(&lock);
        for identity in [&operator, &recovery] {
            assert_eq!(opened(&Unlock::Identities(vec![other.clone(), identity.clone()]), &file).unwrap(), "text");
        }
        assert_eq!(opened(&Unlock::Identities(vec![other.clone()]), &file), Err(NotOpened::WrongKey));
        assert_eq!(opened(&Unlock::Identities(Vec::new()), &file), Err(NotOpened::WrongKey));
        assert_eq!(opened(&Unlock::Passphrase(phrase("correct horse battery")), &file), Err(NotOpened::WrongKey));
        assert_eq!(lock.openers(), Openers::Recipients(vec![operator.recipient().print(), recovery.recipient().print()]));
        assert_eq!(Lock::recipients(Vec::new()).unwrap_err(), KeyError::NoRecipient);
    }

    #[test]
    fn a_passphrase_opens_and_another_does_not() {
        let file = encrypted(&Lock::passphrase_with_work(phrase("correct horse battery"), 2).unwrap());
        assert_eq!(opened(&Unlock::Passphrase(phrase("correct horse battery")), &file).unwrap(), "text");
        assert_eq!(opened(&Unlock::Passphrase(phrase("correct horse batterY")), &file), Err(NotOpened::WrongKey));
        assert_eq!(opened(&Unlock::Identities(vec![Identity::generate()]), &file), Err(NotOpened::WrongKey));
        assert_eq!(Lock::passphrase(phrase("short")).unwrap_err(), KeyError::ShortPassphrase);
    }

    /// The cost stands in clear in the header: a planted file must not make us pay any.
    #[test]
    fn a_file_that_asks_for_too_much_work_is_refused() {
        let file = encrypted(&Lock::passphrase_with_work(phrase("correct horse battery"), 2).unwrap());
        let text = String::from_utf8_lossy(&file[..file.iter().position(|b| *b == b'\n').unwrap() + 80]).into_owned();
        let line = text.lines().nth(1).unwrap();
        assert!(line.starts_with("-> scrypt ") && line.ends_with(" 2"), "{line}");
        let place = file.windows(line.len()).position(|window| window == line.as_bytes()).unwrap() + line.len() - 1;
        for work in ["21", "22", "40", "63"] {
            let mut forged = file[..place].to_vec();
            forged.extend_from_slice(work.as_bytes());
            forged.extend_from_slice(&file[place + 1..]);
            assert_eq!(
                opened(&Unlock::Passphrase(phrase("correct horse battery")), &forged),
                Err(NotOpened::TooMuchWork),
                "{work}"
            );
        }
    }

    #[test]
    fn what_is_no_age_file_is_damaged() {
        let unlock = Unlock::Identities(vec![Identity::generate()]);
        for file in [b"".as_slice(), b"plain text", b"age-encryption.org/v1\n", b"age-encryption.org/v1\n-> X25519 x\n"] {
            assert!(matches!(opened(&unlock, file), Err(NotOpened::Damaged(_))), "{file:?}");
        }
        let identity = Identity::generate();
        let mut file = encrypted(&Lock::recipients(vec![identity.recipient()]).unwrap());
        let place = file.windows(4).position(|window| window == b"--- ").unwrap() + 6;
        file[place] = if file[place] == b'A' { b'B' } else { b'A' };
        assert!(matches!(opened(&Unlock::Identities(vec![identity]), &file), Err(NotOpened::Damaged(_))));
    }

    #[test]
    fn text_forms_come_back() {
        let (one, two) = (Identity::generate(), Identity::generate());
        let file = format!("# created: today\n{}\n\n  {}  \n", one.to_text().expose(), two.to_text().expose());
        let read = Identity::read_file(&Secret::new(file)).unwrap();
        let recipients: Vec<_> = read.iter().map(|identity| identity.recipient().to_string()).collect();
        assert_eq!(recipients, [one.recipient().to_string(), two.recipient().to_string()]);
        let again: Recipient = format!(" {}\n", one.recipient()).parse().unwrap();
        assert_eq!((again.to_string(), again.print()), (one.recipient().to_string(), one.recipient().print()));
        assert_ne!(one.recipient().print(), two.recipient().print());
    }

    #[test]
    fn keys_are_told_apart_and_private_ones_not_repeated() {
        let identity = Identity::generate();
        let text = identity.to_text();
        assert_eq!(text.expose().parse::<Recipient>().unwrap_err(), KeyError::IdentityAsRecipient);
        assert_eq!("age1xyz".parse::<Recipient>().unwrap_err(), KeyError::NotARecipient("age1xyz".to_owned()));
        assert_eq!(Identity::read_file(&Secret::new("# nothing\n".to_owned())).unwrap_err(), KeyError::NoIdentity);
        let wrong = Secret::new(format!("{}\nSSH {}\n", text.expose(), text.expose()));
        let error = Identity::read_file(&wrong).unwrap_err();
        assert_eq!(error, KeyError::NotAnIdentity(2));
        let lock = Lock::passphrase(phrase("correct horse battery")).unwrap();
        let shown = format!("{identity:?} {lock:?} {error} {:?}", Unlock::Identities(vec![identity.clone()]));
        let digits = text.expose().strip_prefix("AGE-SECRET-KEY-1").unwrap();
        assert!(!shown.contains(digits) && !shown.contains("correct"), "{shown}");
    }

    #[test]
    fn signing_keys_come_from_the_given_randomness() {
        let key = |byte: u8| {
            generate_signing_key(&mut |bytes: &mut [u8]| {
                bytes.fill(byte);
                Ok(())
            })
            .unwrap()
            .verifying_key()
        };
        assert_eq!(key(1), key(1));
        assert_ne!(key(1), key(2));
        assert!(generate_signing_key(&mut |_| Err(NoRandomBytes("none".to_owned()))).is_err());
    }
}
