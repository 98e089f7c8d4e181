//! A value that cannot be printed, logged or serialised by accident. Refuses to know what the value means.

use std::fmt;

use zeroize::Zeroize;

/// A secret value. It has no `Display` and no `Serialize`, its `Debug` shows nothing of it, and its memory is
/// overwritten when it goes out of scope.
#[derive(Clone)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Takes charge of a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value. The name makes each place where it leaves the wrapper easy to find.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn debug_never_shows_the_value() {
        let text = Secret::new("hunter2".to_owned());
        let bytes = Secret::new(b"hunter2".to_vec());
        let nested = BTreeMap::from([("name", Some(Secret::new([7_u8; 4])))]);
        assert_eq!(format!("{text:?} {bytes:#?} {nested:?}"), "Secret(…) Secret(…) {\"name\": Some(Secret(…))}");
        assert_eq!((text.expose().as_str(), bytes.expose().as_slice()), ("hunter2", b"hunter2".as_slice()));
    }
}
