//! Amounts as texts: durations, sizes, shares of processors.
//!
//! Computes exactly, in whole numbers; refuses what it would have to round to nothing or cannot hold.

use std::time::Duration;

use crate::model::{Bytes, Cpus};

/// Digits before and after the point of a decimal number.
fn decimal(text: &str) -> Option<(&str, &str)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    (digits(whole) && digits(fraction) && whole.len() + fraction.len() > 0).then_some((whole, fraction))
}

/// A decimal number times a unit, cut to a whole number. `None` when it is too large.
fn scaled((whole, fraction): (&str, &str), unit: u128) -> Option<u128> {
    let whole = if whole.is_empty() { 0 } else { whole.parse::<u128>().ok()? };
    // More digits than this change nothing that can be counted.
    let fraction = &fraction[..fraction.len().min(18)];
    let part = match fraction.len() {
        0 => 0,
        length => fraction.parse::<u128>().ok()?.checked_mul(unit)? / 10_u128.pow(u32::try_from(length).ok()?),
    };
    whole.checked_mul(unit)?.checked_add(part)
}

/// A duration such as `1m30s` or `500ms` (Compose specification, "Specifying durations"): every number has its unit.
pub(in crate::compose) fn duration(text: &str) -> Result<Duration, &'static str> {
    const FORM: &str = "a duration is numbers with units `us`, `ms`, `s`, `m`, `h`, such as `1m30s`";
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    if text.is_empty() {
        return Err(FORM);
    }
    let (mut rest, mut nanos) = (text, 0_u128);
    while !rest.is_empty() {
        let end =
            rest.find(|c: char| c.is_alphabetic()).ok_or(if decimal(rest).is_some() { "the unit is missing" } else { FORM })?;
        let (number, after) = rest.split_at(end);
        let unit_end = after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_end);
        let unit = match unit {
            "ns" => 1,
            "us" | "µs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return Err(FORM),
        };
        let amount = scaled(decimal(number).ok_or(FORM)?, unit).ok_or("the duration is too long")?;
        nanos = nanos.checked_add(amount).ok_or("the duration is too long")?;
        rest = after;
    }
    // The engine counts in signed 64-bit nanoseconds.
    i64::try_from(nanos).map(|n| Duration::from_nanos(n.unsigned_abs())).map_err(|_| "the duration is too long")
}

/// A size such as `512m` or `1.5gb` (Compose specification, "Specifying byte values"): units are powers of 1024.
pub(in crate::compose) fn bytes(text: &str) -> Result<Bytes, &'static str> {
    const FORM: &str = "a size is a number with a unit `b`, `k`, `m`, `g` or `t`, such as `512m`";
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number = decimal(&text[..end]).ok_or(FORM)?;
    let unit = text[end..].strip_prefix(' ').unwrap_or(&text[end..]).to_ascii_lowercase();
    let shift = match unit.as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        _ => return Err(FORM),
    };
    let amount = scaled(number, 1 << shift).ok_or("the size is too large")?;
    // The engine counts in signed 64-bit numbers.
    i64::try_from(amount).map(|n| Bytes(n.unsigned_abs())).map_err(|_| "the size is too large")
}

/// A share of processors such as `0.5`, to the billionth.
pub(in crate::compose) fn cpus(text: &str) -> Result<Cpus, &'static str> {
    let (whole, fraction) = decimal(text).ok_or("a share of processors is a decimal number such as `0.5`")?;
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > 9 {
        return Err("a share of processors has nine decimals at most");
    }
    let nanos = scaled((whole, fraction), 1_000_000_000).ok_or("there are no machines with so many processors")?;
    i64::try_from(nanos).map(|n| Cpus(n.unsigned_abs())).map_err(|_| "there are no machines with so many processors")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let ok = [
            ("0", 0),
            ("0s", 0),
            ("1us", 1_000),
            ("1µs", 1_000),
            ("500ms", 500_000_000),
            ("1s", 1_000_000_000),
            ("1.5s", 1_500_000_000),
            (".5s", 500_000_000),
            ("1m30s", 90_000_000_000),
            ("1h", 3_600_000_000_000),
            ("1h0m0.001s", 3_600_001_000_000),
            ("2h45m30s500ms", 9_930_500_000_000),
        ];
        for (text, nanos) in ok {
            assert_eq!(duration(text), Ok(Duration::from_nanos(nanos)), "{text}");
        }
        for bad in ["", "5", "s", "1x", "-1s", "1 s", "1.2.3s", "one", "1s5", "9999999999999h", "1m 30s", "٣s"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
        assert_eq!(duration("5"), Err("the unit is missing"));
        assert_eq!(duration("1m5"), Err("the unit is missing"));
    }

    #[test]
    fn sizes() {
        let ok = [
            ("0", 0),
            ("10", 10),
            ("10b", 10),
            ("1k", 1024),
            ("1kb", 1024),
            ("1KiB", 1024),
            ("512m", 512 << 20),
            ("512 MB", 512 << 20),
            ("1.5g", 3 << 29),
            ("2GB", 2 << 30),
            ("1t", 1 << 40),
            ("0.5k", 512),
        ];
        for (text, count) in ok {
            assert_eq!(bytes(text), Ok(Bytes(count)), "{text}");
        }
        for bad in ["", "m", "1x", "-1", "1,5g", "1 0m", "1.5.2m", "99999999999g", "1mm", "1m "] {
            assert!(bytes(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn processors() {
        let ok = [("1", 1_000_000_000), ("0.5", 500_000_000), (".25", 250_000_000), ("0.000000001", 1), ("1.50", 1_500_000_000)];
        for (text, nanos) in ok {
            assert_eq!(cpus(text), Ok(Cpus(nanos)), "{text}");
        }
        for bad in ["", "0,5", "-1", "half", "0.0000000001", "1e3", "99999999999"] {
            assert!(cpus(bad).is_err(), "{bad}");
        }
    }
}
