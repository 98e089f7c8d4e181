//! Keyed fingerprints of content: equal content is recognised, and without the key nothing is learnt from them.
//! Refuses to store the key.

use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use thiserror::Error;

use super::{
    generate::{NoRandomBytes, RandomSource},
    value::Secret,
};
use crate::model::Fingerprint;

/// A text that is no fingerprint key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a fingerprint key is 64 hexadecimal digits")]
pub struct FingerprintKeyError;

/// The key of an installation's fingerprints, 32 bytes.
#[derive(Debug, Clone)]
pub struct FingerprintKey(Secret<[u8; 32]>);

impl FingerprintKey {
    /// A new key.
    ///
    /// # Errors
    /// When the source of randomness fails.
    pub fn generate(random: &mut RandomSource<'_>) -> Result<Self, NoRandomBytes> {
        let mut key = zeroize::Zeroizing::new([0; 32]);
        random(key.as_mut_slice())?;
        Ok(Self(Secret::new(*key)))
    }

    /// Reads what `to_hex` wrote.
    ///
    /// # Errors
    /// When it is not 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Result<Self, FingerprintKeyError> {
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let mut key = zeroize::Zeroizing::new([0; 32]);
        if text.len() != 64 {
            return Err(FingerprintKeyError);
        }
        for (byte, pair) in key.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let (Some(high), Some(low)) = (digit(pair[0]), digit(pair[1])) else { return Err(FingerprintKeyError) };
            *byte = (high << 4) | low;
        }
        Ok(Self(Secret::new(*key)))
    }

    /// The key as 64 lower-case hexadecimal digits.
    pub fn to_hex(&self) -> Secret<String> {
        Secret::new(hex(self.0.expose()))
    }

    /// The first 12 hexadecimal digits of HMAC-SHA256 over the parts, each preceded by its length in bytes (64 bits,
    /// big-endian) so that moving a border between two parts changes the result. 48 bits: a collision by accident
    /// needs millions of versions of one file set; against an attacker the key stands, not the length.
    pub fn fingerprint(&self, parts: &[&[u8]]) -> Fingerprint {
        // RFC 2104 pads a key to the hash's block with zeros. Done here, because the constructor from a block cannot fail.
        let mut block = zeroize::Zeroizing::new([0; 64]);
        block[..32].copy_from_slice(self.0.expose());
        let mut mac = Hmac::<Sha256>::new((&*block).into());
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        let code = mac.finalize().into_bytes();
        Fingerprint(hex(&code[..6]))
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> FingerprintKey {
        FingerprintKey::from_hex(&"0b".repeat(32)).unwrap()
    }

    #[test]
    fn borders_between_parts_count() {
        let key = key();
        let print = |parts: &[&[u8]]| key.fingerprint(parts).0;
        assert_eq!(print(&[b"ab", b"c"]), print(&[b"ab", b"c"]));
        assert_ne!(print(&[b"ab", b"c"]), print(&[b"a", b"bc"]));
        assert_ne!(print(&[b"ab"]), print(&[b"ab", b""]));
        assert_eq!(print(&[]).len(), 12);
    }

    /// HMAC-SHA256 with this key over the length 2 in 8 bytes and `hi`, from an independent implementation.
    #[test]
    fn value_is_fixed_because_volume_names_hold_it() {
        assert_eq!(key().fingerprint(&[b"hi"]).0, "a52c473ec1f4");
    }

    #[test]
    fn another_key_gives_another_fingerprint() {
        let other = FingerprintKey::generate(&mut |bytes| {
            bytes.fill(3);
            Ok(())
        })
        .unwrap();
        assert_ne!(other.fingerprint(&[b"x"]), key().fingerprint(&[b"x"]));
        assert_eq!(other.to_hex().expose(), &"03".repeat(32));
        assert_eq!(format!("{other:?}"), "FingerprintKey(Secret(…))");
    }

    #[test]
    fn hex_is_read_strictly() {
        for bad in ["", "0b", &"0b".repeat(33), &"0g".repeat(32), &"+b".repeat(32), &"é".repeat(32)] {
            assert_eq!(FingerprintKey::from_hex(bad).unwrap_err(), FingerprintKeyError, "{bad}");
        }
        assert_eq!(FingerprintKey::from_hex(&"0B".repeat(32)).unwrap().to_hex().expose(), &"0b".repeat(32));
    }
}
