//! What a plain (unquoted) scalar means: YAML 1.2's core schema, section 10.3.2, with the octal form `0644` that
//! Compose files use for permission bits.
//!
//! Refuses YAML 1.1's booleans: `yes`, `no`, `on` and `off` are texts.

use super::document::Value;

/// The value of a plain scalar.
pub(super) fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => integer(text)
            .map(Value::Int)
            .or_else(|| float(text).map(Value::Float))
            .unwrap_or_else(|| Value::String(text.to_owned())),
    }
}

/// A whole number: decimal, `0o17`, `0x1F`, and `017` as an octal number.
pub(super) fn integer(text: &str) -> Option<i128> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (radix, digits) = match digits {
        "0" => (10, digits),
        _ => match (digits.strip_prefix("0o"), digits.strip_prefix("0x"), digits.strip_prefix('0')) {
            (Some(octal), _, _) => (8, octal),
            (_, Some(hex), _) => (16, hex),
            (_, _, Some(octal)) => (8, octal),
            _ => (10, digits),
        },
    };
    // The parser of numbers would take a second sign.
    if !digits.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    let size = i128::from_str_radix(digits, radix).ok()?;
    let number = if negative { -size } else { size };
    (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&number).then_some(number)
}

/// Any other number.
pub(super) fn float(text: &str) -> Option<f64> {
    match text {
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Some(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Some(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => return Some(f64::NAN),
        _ => {}
    }
    let body = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match body.find(['e', 'E']) {
        Some(at) => (&body[..at], Some(&body[at + 1..])),
        None => (body, None),
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if !digits(whole) || !digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    if let Some(exponent) = exponent {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        if exponent.is_empty() || !digits(exponent) {
            return None;
        }
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_core_schema() {
        let string = |s: &str| Value::String(s.into());
        let cases = [
            ("", Value::Null),
            ("~", Value::Null),
            ("null", Value::Null),
            ("nil", string("nil")),
            ("true", Value::Bool(true)),
            ("FALSE", Value::Bool(false)),
            ("yes", string("yes")),
            ("off", string("off")),
            ("0", Value::Int(0)),
            ("-0", Value::Int(0)),
            ("42", Value::Int(42)),
            ("+42", Value::Int(42)),
            ("-42", Value::Int(-42)),
            ("0o17", Value::Int(15)),
            ("0755", Value::Int(0o755)),
            ("0x1F", Value::Int(31)),
            ("08", Value::Float(8.0)),
            ("9223372036854775807", Value::Int(i128::from(i64::MAX))),
            ("18446744073709551615", Value::Int(i128::from(u64::MAX))),
            ("18446744073709551616", Value::Float(18_446_744_073_709_551_616.0)),
            ("1_000", string("1_000")),
            ("22:22", string("22:22")),
            ("1.5", Value::Float(1.5)),
            ("1.", Value::Float(1.0)),
            (".5", Value::Float(0.5)),
            (".", string(".")),
            ("1e3", Value::Float(1000.0)),
            ("1e", string("1e")),
            ("e3", string("e3")),
            ("--1", string("--1")),
            ("0x", string("0x")),
            ("0x-1", string("0x-1")),
            ("inf", string("inf")),
            (".inf", Value::Float(f64::INFINITY)),
            ("1.2.3", string("1.2.3")),
            ("10.0.0.0/8", string("10.0.0.0/8")),
            ("2024-01-01", string("2024-01-01")),
        ];
        for (text, value) in cases {
            assert_eq!(resolve(text), value, "{text}");
        }
    }
}
