//! Variables in texts: Compose specification, "Interpolation".
//!
//! Owns the grammar (`$V`, `${V}`, `${V:-default}`, `${V-default}`, `${V:?message}`, `${V?message}`,
//! `${V:+replacement}`, `${V+replacement}`, `$$`) and its use on every text of a document. Refuses to touch keys, and
//! to know where variables come from.

use std::collections::BTreeSet;

use super::diagnostic::{Report, Spot};
use super::document::{Node, Value};

/// Deepest nesting of defaults in defaults.
const MAX_NESTING: usize = 32;

/// Why a text cannot be interpolated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// It is against the grammar.
    Invalid(&'static str),
    /// A variable that it requires is not there.
    Required {
        /// The variable.
        name: String,
        /// An empty value is not enough.
        non_empty: bool,
        /// What the text says to who meets this.
        message: String,
    },
}

/// Replaces the variables of texts, and remembers which ones were not set.
pub(super) struct Interpolator<'a> {
    /// Gives a variable's value.
    lookup: &'a dyn Fn(&str) -> Option<String>,
    /// Variables that were replaced by nothing because they are not set.
    unset: BTreeSet<String>,
    /// Variables that were replaced by nothing, for whatever reason.
    empty: BTreeSet<String>,
}

impl<'a> Interpolator<'a> {
    /// Starts with no variable missed.
    pub(super) fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { lookup, unset: BTreeSet::new(), empty: BTreeSet::new() }
    }

    /// Replaces the variables of one text.
    pub(super) fn substitute(&mut self, text: &str) -> Result<String, Failure> {
        self.expand(text, 0)
    }

    /// Variables that were missed since the last call.
    pub(super) fn take_unset(&mut self) -> BTreeSet<String> {
        std::mem::take(&mut self.unset)
    }

    fn plain(&mut self, name: &str) -> String {
        let value = (self.lookup)(name);
        if value.is_none() {
            self.unset.insert(name.to_owned());
        }
        let value = value.unwrap_or_default();
        if value.is_empty() {
            self.empty.insert(name.to_owned());
        }
        value
    }

    fn expand(&mut self, text: &str, depth: usize) -> Result<String, Failure> {
        if depth > MAX_NESTING {
            return Err(Failure::Invalid("defaults are nested too deeply"));
        }
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            let after = &rest[at + 1..];
            if let Some(after) = after.strip_prefix('$') {
                out.push('$');
                rest = after;
            } else if after.starts_with('{') {
                let end = closing_brace(&rest[at..]).ok_or(Failure::Invalid("`${` has no closing `}`"))?;
                out.push_str(&self.braced(&rest[at + 2..at + end], depth)?);
                rest = &rest[at + end + 1..];
            } else {
                let name = &after[..name_length(after)];
                if name.is_empty() {
                    out.push('$');
                } else {
                    out.push_str(&self.plain(name));
                }
                rest = &after[name.len()..];
            }
        }
        out.push_str(rest);
        Ok(out)
    }

    /// The value of what stands between `${` and its `}`.
    fn braced(&mut self, body: &str, depth: usize) -> Result<String, Failure> {
        let (name, tail) = body.split_at(name_length(body));
        if name.is_empty() {
            return Err(Failure::Invalid("`${` must be followed by a variable's name"));
        }
        if tail.is_empty() {
            return Ok(self.plain(name));
        }
        let (non_empty, operator) = tail.strip_prefix(':').map_or((false, tail), |tail| (true, tail));
        let value = (self.lookup)(name).filter(|value| !(non_empty && value.is_empty()));
        let mut chars = operator.chars();
        match (chars.next(), value) {
            (Some('-' | '?'), Some(value)) => Ok(value),
            (Some('-'), None) => self.expand(chars.as_str(), depth + 1),
            (Some('+'), Some(_)) => self.expand(chars.as_str(), depth + 1),
            (Some('+'), None) => Ok(String::new()),
            (Some('?'), None) => {
                let message = self.expand(chars.as_str(), depth + 1)?;
                Err(Failure::Required { name: name.to_owned(), non_empty, message })
            }
            _ => Err(Failure::Invalid("a variable's name takes letters, digits and `_`, then `}` or one of `:- - :? ? :+ +`")),
        }
    }
}

/// Bytes of the variable's name that a text begins with.
fn name_length(text: &str) -> usize {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return 0;
    }
    text.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count()
}

/// The offset of the `}` that closes the `${` at the start of a text. Only `${` opens: a lone `{` in a default is text.
fn closing_brace(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    let mut previous = b' ';
    for (i, byte) in text.bytes().enumerate() {
        match byte {
            b'{' if previous == b'$' => open += 1,
            b'}' if open <= 1 => return Some(i),
            b'}' => open -= 1,
            _ => {}
        }
        previous = byte;
    }
    None
}

/// Replaces the variables of every text of a document, in place. Warns once for each variable that is not set.
/// `where_to_set` follows `set it` in hints.
pub(super) fn interpolate(
    report: &mut Report,
    root: &mut Node,
    lookup: &dyn Fn(&str) -> Option<String>,
    warned: &mut BTreeSet<String>,
    where_to_set: &str,
) {
    let mut missed = Missed { where_to_set, required: BTreeSet::new(), places: Vec::new() };
    walk(report, root, &mut String::new(), &mut Interpolator::new(lookup), warned, &mut missed);
    // What is wrong with a value for want of a variable that is reported once is no second mistake.
    for (spot, names) in missed.places {
        if !names.is_disjoint(&missed.required) {
            report.spoil(spot);
        }
    }
}

/// Variables that are required and not there, and the values in which others were replaced by nothing.
struct Missed<'a> {
    where_to_set: &'a str,
    required: BTreeSet<String>,
    places: Vec<(Spot, BTreeSet<String>)>,
}

fn walk(
    report: &mut Report,
    node: &mut Node,
    key: &mut String,
    variables: &mut Interpolator<'_>,
    warned: &mut BTreeSet<String>,
    missed: &mut Missed<'_>,
) {
    let length = key.len();
    match &mut node.value {
        Value::Map(map) => {
            for entry in &mut map.entries {
                if length > 0 {
                    key.push('.');
                }
                key.push_str(&entry.key);
                walk(report, &mut entry.value, key, variables, warned, missed);
                key.truncate(length);
            }
        }
        Value::Seq(items) => {
            for (i, item) in items.iter_mut().enumerate() {
                key.push_str(&format!("[{i}]"));
                walk(report, item, key, variables, warned, missed);
                key.truncate(length);
            }
        }
        Value::String(text) if text.contains('$') => {
            match variables.substitute(text) {
                Ok(value) => *text = value,
                Err(failure) => {
                    explain(report, node, key, &failure, missed.where_to_set);
                    if let Failure::Required { name, .. } = failure {
                        missed.required.insert(name);
                    }
                }
            }
            let empty = std::mem::take(&mut variables.empty);
            if !empty.is_empty() {
                missed.places.push((node.spot, empty));
            }
            for name in variables.take_unset() {
                if warned.insert(name.clone()) {
                    let message = format!("the variable `{name}` is not set, nothing takes its place");
                    report.warning(Some(node.spot), key, message, Some("set it in the environment or in the `.env` file"));
                }
            }
        }
        _ => {}
    }
}

fn explain(report: &mut Report, node: &Node, key: &str, failure: &Failure, where_to_set: &str) {
    match failure {
        Failure::Invalid(why) => {
            report.error_hint(Some(node.spot), key, format!("invalid variable: {why}"), "write `$$` for a dollar sign");
        }
        Failure::Required { name, non_empty, message } => {
            let state = if *non_empty { "not set or empty" } else { "not set" };
            let message = if message.is_empty() { String::new() } else { format!(": {message}") };
            let message = format!("the required variable `{name}` is {state}{message}");
            report.error_hint(Some(node.spot), key, message, format!("set `{name}` {where_to_set}"));
        }
    }
    report.spoil(node.spot);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SET is `value`, EMPTY is empty, N is `7`; nothing else is set.
    fn lookup(name: &str) -> Option<String> {
        match name {
            "SET" => Some("value".into()),
            "EMPTY" => Some(String::new()),
            "N" => Some("7".into()),
            "_x1" => Some("underscore".into()),
            "DOLLAR" => Some("$SET".into()),
            _ => None,
        }
    }

    fn substitute(text: &str) -> Result<String, Failure> {
        Interpolator::new(&lookup).substitute(text)
    }

    #[test]
    fn the_grammar() {
        let cases = [
            // No variable.
            ("", ""),
            ("plain", "plain"),
            ("{SET}", "{SET}"),
            ("a } b { c", "a } b { c"),
            ("100%", "100%"),
            // Plain forms.
            ("$SET", "value"),
            ("${SET}", "value"),
            ("$UNSET", ""),
            ("${UNSET}", ""),
            ("$EMPTY", ""),
            ("${EMPTY}", ""),
            ("$_x1", "underscore"),
            ("${_x1}", "underscore"),
            ("a${SET}b", "avalueb"),
            ("$SET-b", "value-b"),
            ("$SET.b", "value.b"),
            ("$SET$N", "value7"),
            ("${SET}${N}", "value7"),
            ("$SETb", ""),
            ("$SET}", "value}"),
            ("{$SET}", "{value}"),
            ("http://$SET:$N/x", "http://value:7/x"),
            ("é$SET→", "évalue→"),
            ("$SETé", "valueé"),
            // A value is not looked into again.
            ("$DOLLAR", "$SET"),
            ("${UNSET:-$DOLLAR}", "$SET"),
            // Default when unset or empty.
            ("${SET:-d}", "value"),
            ("${EMPTY:-d}", "d"),
            ("${UNSET:-d}", "d"),
            ("${UNSET:-}", ""),
            ("${UNSET:-a b c}", "a b c"),
            ("${UNSET:-http://h:80/?q=1&r=-2}", "http://h:80/?q=1&r=-2"),
            ("${UNSET:-:-}", ":-"),
            // Default when unset.
            ("${SET-d}", "value"),
            ("${EMPTY-d}", ""),
            ("${UNSET-d}", "d"),
            ("${UNSET-}", ""),
            ("${UNSET--1}", "-1"),
            ("${UNSET-:x}", ":x"),
            // Required.
            ("${SET:?message}", "value"),
            ("${SET?message}", "value"),
            ("${EMPTY?message}", ""),
            ("${SET:?}", "value"),
            // Replacement when set and not empty.
            ("${SET:+r}", "r"),
            ("${EMPTY:+r}", ""),
            ("${UNSET:+r}", ""),
            ("${SET:+}", ""),
            // Replacement when set.
            ("${SET+r}", "r"),
            ("${EMPTY+r}", "r"),
            ("${UNSET+r}", ""),
            // Nesting.
            ("${UNSET:-${SET}}", "value"),
            ("${UNSET:-$SET}", "value"),
            ("${UNSET:-a${SET}b}", "avalueb"),
            ("${UNSET:-${ALSO:-x}}", "x"),
            ("${UNSET:-${ALSO:-${THIRD:-deep}}}end", "deepend"),
            ("${UNSET-${EMPTY:-x}}", "x"),
            ("${SET:+${N}}", "7"),
            ("${SET:-${UNSET:?never asked for}}", "value"),
            ("${UNSET:-$$SET}", "$SET"),
            ("${UNSET:-$${SET}}", "${SET}"),
            ("${UNSET:-{}}", "{}"),
            ("${UNSET:-{\"a\": 1}}", "{\"a\": 1}"),
            // Dollar signs.
            ("$$", "$"),
            ("$$$$", "$$"),
            ("$$SET", "$SET"),
            ("$${SET}", "${SET}"),
            ("$$$SET", "$value"),
            ("$", "$"),
            ("a$", "a$"),
            ("$ SET", "$ SET"),
            ("$1", "$1"),
            ("$(date)", "$(date)"),
            ("$-x", "$-x"),
            ("$é", "$é"),
            ("cost: 5$.", "cost: 5$."),
        ];
        assert!(cases.len() >= 60);
        for (text, wanted) in cases {
            assert_eq!(substitute(text).as_deref(), Ok(wanted), "{text}");
        }
    }

    #[test]
    fn what_is_against_the_grammar() {
        let cases = [
            "${",
            "${}",
            "${SET",
            "${ SET}",
            "${SET }",
            "${1A}",
            "${SET:x}",
            "${SET!}",
            "${SET:}",
            "${SET=x}",
            "${-x}",
            "${:-x}",
            "${é}",
            "${UNSET:-${}",
            "${UNSET:-${SET}",
            "${UNSET:-${}}",
            "a ${SET.b}",
            "${SET:=x}",
            "${SET/a/b}",
            "${#SET}",
            "${!SET}",
        ];
        for text in cases {
            assert!(matches!(substitute(text), Err(Failure::Invalid(_))), "{text}");
        }
    }

    #[test]
    fn required_variables() {
        let required = |name: &str, non_empty, message: &str| {
            Err(Failure::Required { name: name.into(), non_empty, message: message.into() })
        };
        assert_eq!(substitute("${UNSET:?set it}"), required("UNSET", true, "set it"));
        assert_eq!(substitute("${EMPTY:?set it}"), required("EMPTY", true, "set it"));
        assert_eq!(substitute("${UNSET?set it}"), required("UNSET", false, "set it"));
        assert_eq!(substitute("${UNSET?}"), required("UNSET", false, ""));
        assert_eq!(substitute("${UNSET:?see ${SET}}"), required("UNSET", true, "see value"));
        assert_eq!(substitute("${ALSO:-${UNSET:?inner}}"), required("UNSET", true, "inner"));
    }

    #[test]
    fn missing_variables_are_remembered_only_where_nothing_takes_their_place() {
        let mut variables = Interpolator::new(&lookup);
        variables.substitute("$A ${B} ${C:-x} ${D-x} ${E:+x} ${F+x} ${SET:-$G} ${UNSET:-$H} $A").unwrap();
        assert_eq!(variables.take_unset().into_iter().collect::<Vec<_>>(), ["A", "B", "H"]);
        assert!(variables.take_unset().is_empty());
    }

    #[test]
    fn a_required_variable_that_is_missing_is_one_mistake() {
        let text = "name: p\nx-v: ${TAG:?say which}\nservices: {a: {image: \"app:${TAG}\"}, b: {image: \"app:$TAG\"}}\n";
        for tag in [None, Some("")] {
            let mut source = crate::compose::MapSource::default();
            source.files.insert("/p/compose.yaml".into(), text.into());
            source.env.extend(tag.map(|tag| ("TAG".to_owned(), tag.to_owned())));
            let request =
                crate::compose::Request { directory: "/p".into(), files: vec!["/p/compose.yaml".into()], ..Default::default() };
            let errors = crate::compose::load(&source, &request).unwrap_err();
            assert_eq!(errors.0.len(), 1, "{errors}");
            assert!(errors.0[0].message.contains("`TAG` is not set or empty: say which"), "{errors}");
        }
    }

    #[test]
    fn endless_nesting_is_refused() {
        let text = format!("{}x{}", "${A:-".repeat(100_000), "}".repeat(100_000));
        assert!(matches!(substitute(&text), Err(Failure::Invalid(_))));
    }
}
