//! The document tree: what a YAML file holds, with the place of every value and key.
//!
//! Owns the types and small questions about them. Refuses to know YAML syntax (`parse` builds the tree) and Compose's
//! keys (`lower` reads it).

use super::diagnostic::Spot;

/// What a tag asks of the merge with earlier files (Compose specification, "Merge", `!reset` and `!override`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Directive {
    /// Merge by the rules of the key.
    Merge,
    /// Take the value away.
    Reset,
    /// Put this value in place of the earlier one.
    Override,
}

/// A value with its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    /// The value.
    pub(super) value: Value,
    /// Where it begins. A value that came through an alias or merge key is where it was written, not where it is used.
    pub(super) spot: Spot,
    /// What its tag asks for.
    pub(super) directive: Directive,
}

/// The value of a node, by YAML 1.2's core schema.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number between the smallest signed and the largest unsigned one of 64 bits.
    Int(i128),
    /// Any other number.
    Float(f64),
    /// A text.
    String(String),
    /// A list.
    Seq(Vec<Node>),
    /// A map.
    Map(Map),
}

/// A map in the order of the file. Keys are unique.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Map {
    /// The entries.
    pub(super) entries: Vec<Entry>,
}

/// One entry of a map.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    /// The key as text.
    pub(super) key: String,
    /// Where the key is.
    pub(super) spot: Spot,
    /// The value.
    pub(super) value: Node,
}

impl Map {
    /// The entry of a key.
    pub(super) fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// The value of a key.
    pub(super) fn value(&self, key: &str) -> Option<&Value> {
        self.get(key).map(|entry| &entry.value.value)
    }
}

impl Node {
    /// A node without a directive.
    pub(super) fn new(value: Value, spot: Spot) -> Self {
        Self { value, spot, directive: Directive::Merge }
    }

    /// The entries when this is a map.
    pub(super) fn as_map(&self) -> Option<&Map> {
        match &self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }
}

impl Value {
    /// What it is, for messages: ``the string `two` ``, `a list`.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Null => "nothing".into(),
            Self::Bool(b) => format!("`{b}`"),
            Self::Int(n) => format!("the number `{n}`"),
            Self::Float(_) => format!("the number `{}`", self.scalar().unwrap_or_default()),
            // A multi-line or endless text would drown the message.
            Self::String(s) if s.chars().count() > 60 || s.contains('\n') => "a long string".into(),
            Self::String(s) => format!("the string `{s}`"),
            Self::Seq(_) => "a list".into(),
            Self::Map(_) => "a map".into(),
        }
    }

    /// A scalar as text; `None` for null, lists and maps.
    ///
    /// Numbers take the form that Compose's own implementation gives them (`1.10` is `1.1`, `010` is `8`), because
    /// containers see this text.
    pub(super) fn scalar(&self) -> Option<String> {
        match self {
            Self::Bool(b) => Some(b.to_string()),
            Self::Int(n) => Some(n.to_string()),
            Self::Float(f) => Some(float_text(*f)),
            Self::String(s) => Some(s.clone()),
            Self::Null | Self::Seq(_) | Self::Map(_) => None,
        }
    }
}

/// The shortest decimal text of a number, with an exponent when that is below -4 or above 5.
fn float_text(number: f64) -> String {
    if number.is_nan() {
        return "NaN".into();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf".into() } else { "-Inf".into() };
    }
    let text = format!("{number:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    match exponent.parse() {
        Ok(-4..=5) | Err(_) => format!("{number}"),
        Ok(exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", i32::abs(exponent))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_their_shortest_form() {
        let cases = [
            (1.10, "1.1"),
            (3.0, "3"),
            (-0.5, "-0.5"),
            (1e21, "1e+21"),
            (1.5e-7, "1.5e-07"),
            (123456.5, "123456.5"),
            (12345678901.5, "1.23456789015e+10"),
        ];
        for (number, text) in cases {
            assert_eq!(Value::Float(number).scalar().unwrap(), text);
        }
        assert_eq!(Value::Float(f64::INFINITY).scalar().unwrap(), "+Inf");
        assert_eq!(Value::Float(f64::NAN).scalar().unwrap(), "NaN");
    }

    #[test]
    fn values_describe_themselves() {
        assert_eq!(Value::String("two".into()).describe(), "the string `two`");
        assert_eq!(Value::String("a\nb".into()).describe(), "a long string");
        assert_eq!(Value::Null.describe(), "nothing");
        assert_eq!(Value::Float(0.5).describe(), "the number `0.5`");
        assert_eq!(Value::Seq(vec![]).describe(), "a list");
    }
}
