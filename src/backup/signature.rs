//! Who made a manifest: Ed25519 keys and signatures, and their text forms. Pure: keys are made from bytes that are passed in.
//!
//! `ed25519-dalek` rather than ring: age brings its curve in anyway, ring comes with the S3 client only, which can be left out,
//! and dalek overwrites keys in memory. Verification is the strict kind, which knows no weak keys and one form of a signature.

use std::{fmt, str::FromStr};

use ed25519_dalek::Signer as _;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::Zeroizing;

use super::digest::{from_hex, hex};
use crate::secret::Secret;

const PUBLIC: &str = "ed25519:";
const PRIVATE: &str = "MEDIANEST-SIGNING-KEY-1:";

/// The text is not a key or signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not {0}")]
pub struct NotAKey(pub &'static str);

/// The public half of a signing key: what a deployment pins. As text `ed25519:` and 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct VerifyingKey([u8; 32]);

/// A signature; as text 128 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Signature([u8; 64]);

/// The private half. Overwritten in memory when it goes.
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// The key that these 32 random bytes make.
    pub fn from_seed(seed: &Secret<[u8; 32]>) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed.expose()))
    }

    /// Reads what [`SigningKey::to_text`] wrote; blanks around it do not count.
    pub fn from_text(text: &Secret<String>) -> Result<Self, NotAKey> {
        let digits = text.expose().trim().strip_prefix(PRIVATE).ok_or(NotAKey("a signing key"))?;
        let seed = Zeroizing::new(from_hex(digits).map_err(|_| NotAKey("a signing key"))?);
        Ok(Self(ed25519_dalek::SigningKey::from_bytes(&seed)))
    }

    /// The key as it is kept in a file.
    pub fn to_text(&self) -> Secret<String> {
        let digits = Zeroizing::new(hex(self.0.as_bytes()));
        Secret::new(format!("{PRIVATE}{}", *digits))
    }

    /// The public half.
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(self.0.verifying_key().to_bytes())
    }

    /// Signs bytes.
    pub fn sign(&self, bytes: &[u8]) -> Signature {
        Signature(self.0.sign(bytes).to_bytes())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey(of {})", self.verifying_key())
    }
}

impl VerifyingKey {
    /// Whether the private half of this key has signed these bytes.
    pub fn has_signed(&self, bytes: &[u8], signature: &Signature) -> bool {
        let key = ed25519_dalek::VerifyingKey::from_bytes(&self.0);
        key.is_ok_and(|key| key.verify_strict(bytes, &ed25519_dalek::Signature::from_bytes(&signature.0)).is_ok())
    }
}

impl fmt::Display for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PUBLIC}{}", hex(&self.0))
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({self})")
    }
}

impl FromStr for VerifyingKey {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let refused = NotAKey("a public signing key (ed25519: and 64 hexadecimal digits)");
        let bytes = text.strip_prefix(PUBLIC).and_then(|digits| from_hex(digits).ok()).ok_or(refused)?;
        // Not every 32 bytes are a point of the curve.
        ed25519_dalek::VerifyingKey::from_bytes(&bytes).map(|_| Self(bytes)).map_err(|_| refused)
    }
}

impl From<VerifyingKey> for String {
    fn from(key: VerifyingKey) -> Self {
        key.to_string()
    }
}

impl TryFrom<String> for VerifyingKey {
    type Error = NotAKey;

    fn try_from(text: String) -> Result<Self, NotAKey> {
        text.parse()
    }
}

impl From<Signature> for String {
    fn from(signature: Signature) -> Self {
        hex(&signature.0)
    }
}

impl TryFrom<String> for Signature {
    type Error = NotAKey;

    fn try_from(text: String) -> Result<Self, NotAKey> {
        from_hex(&text).map(Self).map_err(|_| NotAKey("a signature (128 hexadecimal digits)"))
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({})", hex(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed(&Secret::new([seed; 32]))
    }

    /// RFC 8032, 7.1, test 2.
    #[test]
    fn keys_and_signatures_are_those_of_the_standard() {
        let seed = from_hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb").unwrap();
        let key = SigningKey::from_seed(&Secret::new(seed));
        assert_eq!(key.verifying_key().to_string(), "ed25519:3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
        assert_eq!(
            String::from(key.sign(&[0x72])),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        );
    }

    #[test]
    fn a_signature_is_for_one_key_and_one_text() {
        let signature = key(1).sign(b"text");
        assert!(key(1).verifying_key().has_signed(b"text", &signature));
        assert!(!key(1).verifying_key().has_signed(b"texT", &signature));
        assert!(!key(2).verifying_key().has_signed(b"text", &signature));
        let mut flipped = signature;
        flipped.0[40] ^= 1;
        assert!(!key(1).verifying_key().has_signed(b"text", &flipped));
    }

    #[test]
    fn text_forms_come_back_and_the_private_one_is_not_shown() {
        let text = key(3).to_text();
        let back = SigningKey::from_text(&Secret::new(format!(" {}\n", text.expose()))).unwrap();
        assert_eq!(back.verifying_key(), key(3).verifying_key());
        assert_eq!(back.verifying_key().to_string().parse::<VerifyingKey>().unwrap(), back.verifying_key());
        assert!(!format!("{back:?}").contains(&hex(&[3; 32])));
        assert!(SigningKey::from_text(&Secret::new(key(3).verifying_key().to_string())).is_err());
        assert!("ed25519:00".parse::<VerifyingKey>().is_err());
    }
}
