//! Reading a document value by value: each with the path that leads to it, each mistake with its place.
//!
//! Owns the conversions from scalars (Compose specification, "Interpolation": a text is converted where another type
//! is wanted) and the refusal of keys that nobody reads. A reader answers `None` after it has reported the mistake.

use std::time::Duration;

use crate::compose::diagnostic::{Report, Spot};
use crate::compose::document::{Entry, Map, Node, Value};
use crate::compose::{keys, scalar};
use crate::model::{Bytes, Cpus};

use super::quantity;

/// How a value of the wanted kind is written, where the kind's name does not say it.
fn form(wanted: &str) -> Option<&'static str> {
    Some(match wanted {
        "a whole number" => "write digits only, such as `2`",
        "a list" => "write one item a line, each after `- `",
        "a map" => "write one `key: value` a line",
        "a string" | "a string or a number" => "write a single value",
        _ => return None,
    })
}

/// A value with the path that leads to it.
#[derive(Clone)]
pub(super) struct At<'a> {
    /// The value.
    pub(super) node: &'a Node,
    /// Its dotted path.
    pub(super) key: String,
}

impl<'a> At<'a> {
    /// The whole document.
    pub(super) fn root(node: &'a Node) -> Self {
        Self { node, key: String::new() }
    }

    /// Its place.
    pub(super) fn spot(&self) -> Option<Spot> {
        Some(self.node.spot)
    }

    /// Reports a mistake in this value.
    pub(super) fn error(&self, report: &mut Report, message: impl Into<String>) {
        report.error(self.spot(), &self.key, message);
    }

    /// The same, with what to do about it.
    pub(super) fn error_hint(&self, report: &mut Report, message: impl Into<String>, hint: impl Into<String>) {
        report.error_hint(self.spot(), &self.key, message, hint);
    }

    fn mismatch<T>(&self, report: &mut Report, wanted: &str) -> Option<T> {
        let message = format!("expected {wanted}, found {}", self.node.value.describe());
        match &self.node.value {
            Value::Null => self.error_hint(report, message, "remove the key, or give it a value"),
            Value::Bool(_) | Value::Int(_) | Value::Float(_) if wanted.starts_with("a string") => {
                self.error_hint(report, message, "put it in quotes");
            }
            _ => match form(wanted) {
                Some(hint) => self.error_hint(report, message, hint),
                None => self.error(report, message),
            },
        }
        None
    }

    /// Whether there is no value.
    pub(super) fn is_null(&self) -> bool {
        self.node.value == Value::Null
    }

    /// A text, and nothing but a text.
    pub(super) fn text(&self, report: &mut Report) -> Option<String> {
        match &self.node.value {
            Value::String(text) => Some(text.clone()),
            _ => self.mismatch(report, "a string"),
        }
    }

    /// A text, number or truth value as text.
    pub(super) fn scalar(&self, report: &mut Report) -> Option<String> {
        self.node.value.scalar().or_else(|| self.mismatch(report, "a string or a number"))
    }

    /// One of several words.
    pub(super) fn word<T: Copy>(&self, report: &mut Report, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(report)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let list: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
            let message = format!("expected {}, found the string `{text}`", list.join(", "));
            match keys::suggest(&text, words.iter().map(|(word, _)| *word)) {
                Some(word) => self.error_hint(report, message, format!("did you mean `{word}`?")),
                None => self.error(report, message),
            }
        }
        found
    }

    /// A truth value. The words of YAML 1.1 are taken, with a warning, as Compose does.
    pub(super) fn bool(&self, report: &mut Report) -> Option<bool> {
        let text = match &self.node.value {
            Value::Bool(value) => return Some(*value),
            Value::String(text) => text,
            _ => return self.mismatch(report, "`true` or `false`"),
        };
        let value = match text.to_ascii_lowercase().as_str() {
            "true" => return Some(true),
            "false" => return Some(false),
            "1" | "y" | "yes" | "on" => true,
            "0" | "n" | "no" | "off" => false,
            _ => return self.mismatch(report, "`true` or `false`"),
        };
        let message = format!("`{text}` is no truth value of YAML 1.2, it is read as `{value}`");
        report.warning(self.spot(), &self.key, message, Some("write `true` or `false`"));
        Some(value)
    }

    /// A whole number of a range.
    pub(super) fn integer<T: TryFrom<i128>>(&self, report: &mut Report) -> Option<T> {
        let number = match &self.node.value {
            Value::Int(number) => Some(*number),
            Value::String(text) => scalar::integer(text),
            _ => None,
        };
        let Some(number) = number else { return self.mismatch(report, "a whole number") };
        let value = T::try_from(number).ok();
        if value.is_none() {
            self.error(report, format!("the number {number} is out of range"));
        }
        value
    }

    fn parsed<T>(&self, report: &mut Report, parse: impl Fn(&str) -> Result<T, &'static str>) -> Option<T> {
        let text = self.scalar(report)?;
        match parse(&text) {
            Ok(value) => Some(value),
            Err(why) => {
                self.error(report, format!("`{text}`: {why}"));
                None
            }
        }
    }

    /// A duration with its units.
    pub(super) fn duration(&self, report: &mut Report) -> Option<Duration> {
        self.parsed(report, quantity::duration)
    }

    /// A size.
    pub(super) fn bytes(&self, report: &mut Report) -> Option<Bytes> {
        self.parsed(report, quantity::bytes)
    }

    /// A share of processors.
    pub(super) fn cpus(&self, report: &mut Report) -> Option<Cpus> {
        self.parsed(report, quantity::cpus)
    }

    /// Permission bits: an octal text, or a number (which YAML reads as octal when it begins with `0`).
    pub(super) fn mode(&self, report: &mut Report) -> Option<u32> {
        let bits = match &self.node.value {
            Value::Int(number) => u32::try_from(*number).ok(),
            Value::String(text) => u32::from_str_radix(text.strip_prefix("0o").unwrap_or(text), 8).ok(),
            _ => None,
        };
        let Some(bits) = bits else { return self.mismatch(report, "permission bits such as `0440`") };
        if bits > 0o7777 {
            let message = format!("{bits:#o} is more than permission bits can be");
            self.error_hint(report, message, "write them as an octal number with a leading `0`, such as `0440`");
            return None;
        }
        Some(bits)
    }

    /// A value that its own parser reads.
    pub(super) fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(&self, report: &mut Report) -> Option<T> {
        match self.text(report)?.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.error(report, error.to_string());
                None
            }
        }
    }

    /// The items of a list.
    pub(super) fn items(&self, report: &mut Report) -> Option<Vec<At<'a>>> {
        match &self.node.value {
            Value::Seq(_) => Some(self.item_list()),
            _ => self.mismatch(report, "a list"),
        }
    }

    /// The items of a list, or the single text itself.
    pub(super) fn items_or_one(&self, report: &mut Report) -> Option<Vec<At<'a>>> {
        match &self.node.value {
            Value::Seq(_) => Some(self.item_list()),
            Value::String(_) => Some(vec![self.clone()]),
            _ => self.mismatch(report, "a string or a list"),
        }
    }

    fn item_list(&self) -> Vec<At<'a>> {
        let items = if let Value::Seq(items) = &self.node.value { items.as_slice() } else { &[] };
        items.iter().enumerate().map(|(i, node)| At { node, key: format!("{}[{i}]", self.key) }).collect()
    }

    /// A list of texts.
    pub(super) fn texts(&self, report: &mut Report) -> Option<Vec<String>> {
        let items = self.items(report)?;
        Some(items.iter().filter_map(|item| item.text(report)).collect())
    }

    /// A list of texts or numbers in which nothing comes twice.
    pub(super) fn unique_scalars(&self, report: &mut Report) -> Option<Vec<String>> {
        let mut list = Vec::new();
        for item in self.items(report)? {
            if let Some(text) = item.scalar(report)
                && !list.contains(&text)
            {
                list.push(text);
            }
        }
        Some(list)
    }

    /// The entries of a map.
    pub(super) fn entries(&self, report: &mut Report) -> Option<Vec<(&'a Entry, At<'a>)>> {
        let Some(map) = self.node.as_map() else { return self.mismatch(report, "a map") };
        Some(map.entries.iter().map(|entry| (entry, self.child(entry))).collect())
    }

    fn child(&self, entry: &'a Entry) -> At<'a> {
        let key = if self.key.is_empty() { entry.key.clone() } else { format!("{}.{}", self.key, entry.key) };
        At { node: &entry.value, key }
    }

    /// `KEY=value` pairs as a map or a list. A key alone has no value.
    pub(super) fn pairs(&self, report: &mut Report) -> Option<Vec<(String, Option<String>)>> {
        let mut pairs: Vec<(String, Option<String>)> = Vec::new();
        match &self.node.value {
            Value::Map(map) => {
                for entry in &map.entries {
                    let at = self.child(entry);
                    if at.is_null() {
                        pairs.push((entry.key.clone(), None));
                    } else if let Some(value) = at.scalar(report) {
                        pairs.push((entry.key.clone(), Some(value)));
                    }
                }
            }
            Value::Seq(_) => {
                for item in self.item_list() {
                    let Some(text) = item.text(report) else { continue };
                    pairs.push(match text.split_once('=') {
                        Some((key, value)) => (key.to_owned(), Some(value.to_owned())),
                        None => (text, None),
                    });
                }
            }
            _ => return self.mismatch(report, "a map or a list of `KEY=value`"),
        }
        if pairs.iter().any(|(key, _)| key.is_empty()) {
            self.error(report, "a key is empty");
        }
        Some(pairs)
    }

    /// The keys of a map, to be taken one by one.
    pub(super) fn fields(&self, report: &mut Report) -> Option<Fields<'a>> {
        let Some(map) = self.node.as_map() else { return self.mismatch(report, "a map") };
        Some(Fields { at: self.clone(), map, taken: Vec::new() })
    }
}

/// A map whose keys are taken one by one; at the end nothing may be left over.
pub(super) struct Fields<'a> {
    at: At<'a>,
    map: &'a Map,
    taken: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// The value of a key, if the key is there.
    pub(super) fn take(&mut self, key: &'static str) -> Option<At<'a>> {
        self.taken.push(key);
        self.map.get(key).map(|entry| self.at.child(entry))
    }

    /// The value of a key that must be there.
    pub(super) fn require(&mut self, report: &mut Report, key: &'static str) -> Option<At<'a>> {
        let value = self.take(key);
        if value.is_none() {
            self.at.error(report, format!("`{key}` is missing"));
        }
        value
    }

    /// Refuses every key that was not taken: those of `later` as not supported yet, the rest as unknown. Keys that
    /// begin with `x-` are everybody's own, unless `strict`.
    pub(super) fn finish(self, report: &mut Report, later: &[&'static str], strict: bool) {
        for entry in &self.map.entries {
            let key = entry.key.as_str();
            if self.taken.contains(&key) || (!strict && key.starts_with("x-")) {
                continue;
            }
            let path = self.at.child(entry).key;
            if later.contains(&key) {
                let message = format!("`{key}` is not supported yet");
                match keys::advice(key) {
                    Some(advice) => report.error_hint(Some(entry.spot), &path, message, advice),
                    None => report.error(Some(entry.spot), &path, message),
                }
                continue;
            }
            let message = format!("unknown key `{key}`");
            match keys::suggest(key, self.taken.iter().chain(later).copied()) {
                Some(meant) => report.error_hint(Some(entry.spot), &path, message, format!("did you mean `{meant}`?")),
                None => report.error(Some(entry.spot), &path, message),
            }
        }
    }
}
