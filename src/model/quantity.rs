//! Amounts with their units in the type.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bytes(pub u64);

impl Bytes {
    /// So many mebibytes (2²⁰ bytes).
    pub const fn mib(count: u64) -> Self {
        Self(count << 20)
    }

    /// So many gibibytes (2³⁰ bytes).
    pub const fn gib(count: u64) -> Self {
        Self(count << 30)
    }
}

impl fmt::Display for Bytes {
    /// For people, in binary units: `512 MiB`, `1.5 GiB`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
        let mut value = self.0 as f64;
        let mut unit = 0;
        while value >= 1024.0 && unit + 1 < UNITS.len() {
            value /= 1024.0;
            unit += 1;
        }
        let decimals = usize::from(unit > 0 && value < 10.0 && value.fract() > 0.05);
        write!(f, "{value:.decimals$} {}", UNITS[unit])
    }
}

/// A share of processor time in units of 10⁻⁹ of one processor, as the engine counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cpus(pub u64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_read_well() {
        let shown: Vec<_> = [0, 1023, 1024, 1536, 512 << 20, 3 << 29].map(|n| Bytes(n).to_string()).into();
        assert_eq!(shown, ["0 B", "1023 B", "1 KiB", "1.5 KiB", "512 MiB", "1.5 GiB"]);
    }
}
