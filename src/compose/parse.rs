//! YAML text to a document tree, with the place of every value.
//!
//! Owns the limits that keep a hostile file harmless, anchors and merge keys, and the refusal of duplicate keys.
//! Works on the parser's events, because deserialization loses tags (`!reset`, `!override`), the places of keys and
//! every error but the first.

use std::collections::{HashMap, HashSet};

use serde_saphyr::granit_parser::{self, Event, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};

use super::diagnostic::{Report, Spot};
use super::document::{Directive, Entry, Map, Node, Value};
use super::scalar;

/// Largest file that is read, in bytes.
const MAX_BYTES: usize = 1 << 20;
/// Deepest nesting, aliases expanded.
const MAX_DEPTH: usize = 64;
/// Most nodes of a file, aliases expanded; a text counts once more for every 32 bytes. What a person writes stays far
/// below, an alias bomb does not.
const MAX_WEIGHT: usize = 100_000;

/// Reads a file; an empty one is null. `None` when it is no YAML document; the report says why.
pub(super) fn parse(report: &mut Report, name: &str, bytes: &[u8]) -> Option<Node> {
    if bytes.len() > MAX_BYTES {
        let file = report.add_secret_file(name);
        let spot = Spot { file, line: 1, column: 1 };
        report.error(Some(spot), "", format!("the file has {} bytes, more than the limit of {MAX_BYTES}", bytes.len()));
        return None;
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
        Err(error) => {
            let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            let file = report.add_file(name, &before);
            report.error(Some(end_of(file, &before)), "", "the file is not UTF-8 text");
            return None;
        }
    };
    let file = report.add_file(name, text);
    if let Some((at, c)) = text.char_indices().find(|(_, c)| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}')) {
        let spot = end_of(file, &text[..at]);
        report.error(Some(spot), "", format!("the control character U+{:04X} is not allowed in YAML", u32::from(c)));
        return None;
    }
    let options = granit_parser::options! {
        emit_comments: false,
        emit_unresolved_aliases: true,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let parser = Parser::new_from_str_with_options(text, options);
    let mut builder = Builder { parser, report, file, anchors: HashMap::new(), weight: 0, path: Vec::new() };
    builder.document().ok()
}

/// The position after a text.
fn end_of(file: usize, text: &str) -> Spot {
    let last = text.rsplit('\n').next().unwrap_or_default();
    Spot { file, line: text.matches('\n').count() + 1, column: last.chars().count() + 1 }
}

/// Why building stopped; the report has the details.
struct Stopped;

/// A node with what an alias of it costs.
#[derive(Clone)]
struct Built {
    node: Node,
    weight: usize,
    height: usize,
}

struct Builder<'a, 'r> {
    parser: Parser<'a, StrInput<'a>>,
    report: &'r mut Report,
    file: usize,
    anchors: HashMap<usize, Built>,
    weight: usize,
    path: Vec<String>,
}

impl<'a> Builder<'a, '_> {
    fn spot(&self, span: Span) -> Spot {
        Spot { file: self.file, line: span.start.line(), column: span.start.col() + 1 }
    }

    fn key(&self) -> String {
        self.path.join(".").replace(".[", "[")
    }

    fn stop(&mut self, spot: Spot, message: impl Into<String>) -> Stopped {
        let key = self.key();
        self.report.error(Some(spot), &key, message);
        Stopped
    }

    fn syntax(&mut self, error: &ScanError) -> Stopped {
        let mark = error.marker();
        let spot = Spot { file: self.file, line: mark.line().max(1), column: mark.col() + 1 };
        self.report.error(Some(spot), "", format!("invalid YAML: {}", error.info()));
        Stopped
    }

    fn next(&mut self) -> Result<(Event<'a>, Span), Stopped> {
        match self.parser.next_event() {
            Some(Ok(next)) => Ok(next),
            Some(Err(error)) => Err(self.syntax(&error)),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn document(&mut self) -> Result<Node, Stopped> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => {
                    let start = Spot { file: self.file, line: 1, column: 1 };
                    return Ok(root.unwrap_or(Node::new(Value::Null, start)));
                }
                Event::DocumentStart(..) if root.is_some() => {
                    let spot = self.spot(span);
                    return Err(self.stop(spot, "several documents in one file are not supported yet"));
                }
                Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
                event => {
                    let spot = self.spot(span);
                    root = Some(self.node(event, span, spot, 0)?.node);
                }
            }
        }
    }

    /// Counts what was built against the limit.
    fn weigh(&mut self, weight: usize, spot: Spot) -> Result<(), Stopped> {
        self.weight = self.weight.saturating_add(weight);
        if self.weight > MAX_WEIGHT {
            return Err(self.stop(spot, "the document grows too large when its aliases are expanded"));
        }
        Ok(())
    }

    /// Builds the node that an event begins. `owner` is the place to blame for a value that is not there.
    fn node(&mut self, event: Event<'a>, span: Span, owner: Spot, depth: usize) -> Result<Built, Stopped> {
        let spot = self.spot(span);
        if depth > MAX_DEPTH {
            return Err(self.stop(spot, format!("nested more than {MAX_DEPTH} levels deep")));
        }
        let (anchor, built) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let (value, directive) = self.scalar(&text, style, tag.as_deref(), spot);
                let spot = if value == Value::Null && span.is_empty() { owner } else { spot };
                let weight = 1 + text.len() / 32;
                self.weigh(weight, spot)?;
                (anchor, Built { node: Node { value, spot, directive }, weight, height: 0 })
            }
            Event::SequenceStart(_, anchor, tag) => {
                let directive = self.collection_tag(tag.as_deref(), "seq", spot);
                let (items, weight, height) = self.sequence(spot, depth)?;
                (anchor, Built { node: Node { value: Value::Seq(items), spot, directive }, weight, height })
            }
            Event::MappingStart(_, anchor, tag) => {
                let directive = self.collection_tag(tag.as_deref(), "map", spot);
                let (map, weight, height) = self.mapping(spot, depth)?;
                (anchor, Built { node: Node { value: Value::Map(map), spot, directive }, weight, height })
            }
            Event::Alias(id) => {
                let Some(built) = self.anchors.get(&id).cloned() else {
                    return Err(self.stop(spot, "this alias stands inside the value that it refers to"));
                };
                if depth + built.height > MAX_DEPTH {
                    return Err(self.stop(spot, format!("nested more than {MAX_DEPTH} levels deep")));
                }
                self.weigh(built.weight, spot)?;
                return Ok(built);
            }
            Event::UnresolvedAlias(name) => {
                let key = self.key();
                self.report.error(Some(spot), &key, format!("`*{name}` refers to an anchor that is not defined before it"));
                (0, Built { node: Node::new(Value::Null, spot), weight: 1, height: 0 })
            }
            _ => return Err(self.stop(spot, "invalid YAML: a value was expected here")),
        };
        if anchor > 0 {
            self.anchors.insert(anchor, built.clone());
        }
        Ok(built)
    }

    fn sequence(&mut self, spot: Spot, depth: usize) -> Result<(Vec<Node>, usize, usize), Stopped> {
        let (mut items, mut weight, mut height) = (Vec::new(), 1, 0);
        self.weigh(1, spot)?;
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                return Ok((items, weight, height + 1));
            }
            self.path.push(format!("[{}]", items.len()));
            let built = self.node(event, span, spot, depth + 1)?;
            self.path.pop();
            weight += built.weight;
            height = height.max(built.height);
            items.push(built.node);
        }
    }

    fn mapping(&mut self, spot: Spot, depth: usize) -> Result<(Map, usize, usize), Stopped> {
        let (mut map, mut weight, mut height) = (Map::default(), 1, 0);
        let mut merges: Option<Entry> = None;
        let mut seen: HashMap<String, Spot> = HashMap::new();
        self.weigh(1, spot)?;
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                break;
            }
            let key_spot = self.spot(span);
            let is_merge = matches!(&event, Event::Scalar(text, ScalarStyle::Plain, _, None) if text == "<<");
            let key = self.node(event, span, key_spot, depth + 1)?.node.value.scalar();
            if key.is_none() {
                let path = self.key();
                self.report.error(Some(key_spot), &path, "a key must be a text");
            }
            let key = key.unwrap_or_default();
            self.path.push(key.clone());
            let (event, span) = self.next()?;
            let built = self.node(event, span, key_spot, depth + 1)?;
            weight += 1 + built.weight;
            height = height.max(built.height);
            let earlier = if is_merge { merges.as_ref().map(|entry| entry.spot) } else { seen.get(&key).copied() };
            if let Some(earlier) = earlier {
                let (path, first) = (self.key(), self.report.describe(earlier, Some(key_spot)));
                let message = format!("the key `{key}` is given twice, first in {first}");
                self.report.error_hint(Some(key_spot), &path, message, "remove one of the two");
            } else {
                if !is_merge {
                    seen.insert(key.clone(), key_spot);
                }
                let entry = Entry { key, spot: key_spot, value: built.node };
                if is_merge { merges = Some(entry) } else { map.entries.push(entry) }
            }
            self.path.pop();
        }
        if let Some(entry) = merges {
            self.merge_key(&mut map, entry);
        }
        Ok((map, weight, height + 1))
    }

    /// Takes in the maps of a merge key: what the map has itself wins, then the earlier map of the list.
    fn merge_key(&mut self, map: &mut Map, merge: Entry) {
        let sources = match merge.value {
            Node { value: Value::Seq(items), .. } => items,
            node => vec![node],
        };
        let mut own: HashSet<String> = map.entries.iter().map(|entry| entry.key.clone()).collect();
        for source in sources {
            if let Value::Map(source) = source.value {
                map.entries.extend(source.entries.into_iter().filter(|entry| own.insert(entry.key.clone())));
            } else {
                let message = format!("`<<` takes a map or a list of maps, found {}", source.value.describe());
                let key = self.key();
                self.report.error(Some(merge.spot), &key, message);
            }
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, spot: Spot) -> (Value, Directive) {
        // An escape can write it; nothing that a container is given can hold it.
        if text.contains('\0') {
            let key = self.key();
            self.report.error(Some(spot), &key, "the text holds a NUL character");
        }
        let plain = || if style == ScalarStyle::Plain { scalar::resolve(text) } else { Value::String(text.to_owned()) };
        let Some(tag) = tag else { return (plain(), Directive::Merge) };
        let value = match tag.core_suffix() {
            Some("str") => Some(Value::String(text.to_owned())),
            Some("int") => scalar::integer(text).map(Value::Int),
            Some("float") => scalar::float(text).map(Value::Float),
            Some("bool") => Some(scalar::resolve(text)).filter(|v| matches!(v, Value::Bool(_))),
            Some("null") => Some(Value::Null),
            Some(_) => None,
            // The tag `!` alone means: a text, whatever it looks like.
            None if tag.handle().is_empty() && tag.suffix() == "!" || tag.original() == "!" => {
                Some(Value::String(text.to_owned()))
            }
            None => return (plain(), self.directive(tag, spot)),
        };
        if value.is_none() {
            let (key, message) = (self.key(), format!("the value does not fit its tag `{}`", tag.original()));
            self.report.error(Some(spot), &key, message);
        }
        (value.unwrap_or(Value::Null), Directive::Merge)
    }

    fn collection_tag(&mut self, tag: Option<&Tag>, suffix: &str, spot: Spot) -> Directive {
        match tag {
            None => Directive::Merge,
            Some(tag) if tag.core_suffix() == Some(suffix) => Directive::Merge,
            Some(tag) => self.directive(tag, spot),
        }
    }

    fn directive(&mut self, tag: &Tag, spot: Spot) -> Directive {
        match tag.original().as_str() {
            "!reset" => Directive::Reset,
            "!override" => Directive::Override,
            other => {
                let (key, message) = (self.key(), format!("the tag `{other}` is not supported"));
                self.report.error_hint(Some(spot), &key, message, "Compose knows `!reset` and `!override`");
                Directive::Merge
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::diagnostic::Diagnostic;

    /// The document as JSON text, places left out.
    fn show(value: &Value) -> String {
        match value {
            Value::String(text) => format!("{text:?}"),
            Value::Null => "null".into(),
            Value::Seq(items) => format!("[{}]", items.iter().map(|i| show(&i.value)).collect::<Vec<_>>().join(", ")),
            Value::Map(map) => {
                let entries = map.entries.iter().map(|e| format!("{}: {}", e.key, show(&e.value.value)));
                format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
            }
            scalar => scalar.scalar().unwrap(),
        }
    }

    fn read(text: &str) -> String {
        let mut report = Report::default();
        let node = parse(&mut report, "c.yaml", text.as_bytes());
        assert!(!report.has_errors(), "{text:?}: {}", report.into_errors());
        show(&node.unwrap().value)
    }

    fn errors(bytes: &[u8]) -> Vec<Diagnostic> {
        let mut report = Report::default();
        parse(&mut report, "c.yaml", bytes);
        report.into_errors().0
    }

    fn shown(text: &str) -> Vec<String> {
        errors(text.as_bytes()).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn documents() {
        let cases = [
            ("", "null"),
            ("# nothing\n", "null"),
            ("a: 1\nb: [x, 2.5, true, ~, \"3\"]\n", r#"{a: 1, b: ["x", 2.5, true, null, "3"]}"#),
            ("a: yes\nb: off\nc: 22:22\n", r#"{a: "yes", b: "off", c: "22:22"}"#),
            ("a: |\n  l1\n  l2\nb: >-\n  l1\n  l2\n", r#"{a: "l1\nl2\n", b: "l1 l2"}"#),
            ("80: x\ntrue: y\n", r#"{80: "x", true: "y"}"#),
            ("a: 0440\nb: '0440'\n", r#"{a: 288, b: "0440"}"#),
            ("a: !!str 1\nb: !!int '7'\nc: ! 5\n", r#"{a: "1", b: 7, c: "5"}"#),
            ("\u{feff}a: 1\r\nb: 2\r\n", "{a: 1, b: 2}"),
            ("---\na: 1\n...\n", "{a: 1}"),
            ("a: {b: , c: }", "{a: {b: null, c: null}}"),
            // Anchors and merge keys.
            ("a: &x [1]\nb: *x\n", "{a: [1], b: [1]}"),
            ("a: &x 1\nb: &x 2\nc: *x\n", "{a: 1, b: 2, c: 2}"),
            ("x: &x {p: 1, q: 2}\ny: {<<: *x, q: 3}\n", "{x: {p: 1, q: 2}, y: {q: 3, p: 1}}"),
            (
                "x: &x {p: 1}\nz: &z {p: 2, q: 2}\ny:\n  <<: [*x, *z]\n  r: 3\n",
                "{x: {p: 1}, z: {p: 2, q: 2}, y: {r: 3, p: 1, q: 2}}",
            ),
            ("x: &x {p: 1}\ny: &y {<<: *x, q: 2}\nz: {<<: *y}\n", "{x: {p: 1}, y: {q: 2, p: 1}, z: {q: 2, p: 1}}"),
            ("a: {\"<<\": 1}\n", "{a: {<<: 1}}"),
            ("a: {<<: {b: 1}}\n", "{a: {b: 1}}"),
            ("a: &k key\nb: {*k : 1}\n", "{a: \"key\", b: {key: 1}}"),
        ];
        for (text, wanted) in cases {
            assert_eq!(read(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn places_are_those_of_keys_and_values() {
        let mut report = Report::default();
        let node = parse(&mut report, "c.yaml", "a:\n  é: [1,\n    {k: v}]\n  n:\nb: x\n".as_bytes()).unwrap();
        let at = |spot: Spot| (spot.line, spot.column);
        let a = node.as_map().unwrap().get("a").unwrap();
        let inner = a.value.as_map().unwrap();
        assert_eq!((at(a.spot), at(a.value.spot)), ((1, 1), (2, 3)));
        assert_eq!(at(inner.get("é").unwrap().value.spot), (2, 6));
        // A value that is not there has the place of its key.
        assert_eq!(at(inner.get("n").unwrap().value.spot), (4, 3));
        let Value::Seq(items) = &inner.get("é").unwrap().value.value else { panic!() };
        assert_eq!(at(items[1].as_map().unwrap().get("k").unwrap().value.spot), (3, 9));
    }

    #[test]
    fn directives_are_seen() {
        let mut report = Report::default();
        let node = parse(&mut report, "c.yaml", b"a: !reset null\nb: !override [1]\nc: !reset {}\nd: 1\n").unwrap();
        let found: Vec<_> = node.as_map().unwrap().entries.iter().map(|e| e.value.directive).collect();
        assert_eq!(found, [Directive::Reset, Directive::Override, Directive::Reset, Directive::Merge]);
    }

    #[test]
    fn mistakes_have_their_place() {
        let cases: [(&str, &[&str]); 15] = [
            ("a: 1\na: 2\n", &["c.yaml:2:1: a: the key `a` is given twice, first in line 1 (hint: remove one of the two)"]),
            (
                "s:\n  w: {x: 1, x: 2}\n  w: {}\n",
                &[
                    "c.yaml:2:13: s.w.x: the key `x` is given twice, first in line 2 (hint: remove one of the two)",
                    "c.yaml:3:3: s.w: the key `w` is given twice, first in line 2 (hint: remove one of the two)",
                ],
            ),
            (
                "a: {<<: {b: 1}, <<: {c: 1}}\n",
                &["c.yaml:1:17: a.<<: the key `<<` is given twice, first in line 1 (hint: remove one of the two)"],
            ),
            (
                "a: *x\nb: *y\n",
                &[
                    "c.yaml:1:4: a: `*x` refers to an anchor that is not defined before it",
                    "c.yaml:2:4: b: `*y` refers to an anchor that is not defined before it",
                ],
            ),
            ("a: &a [*a]\n", &["c.yaml:1:8: a[0]: this alias stands inside the value that it refers to"]),
            ("? [a]\n: 1\n", &["c.yaml:1:3: a key must be a text"]),
            ("a: {<<: 5}\n", &["c.yaml:1:5: a: `<<` takes a map or a list of maps, found the number `5`"]),
            (
                "a: !secret x\n",
                &["c.yaml:1:12: a: the tag `!secret` is not supported (hint: Compose knows `!reset` and `!override`)"],
            ),
            ("a: !!int x\n", &["c.yaml:1:10: a: the value does not fit its tag `!!int`"]),
            ("a: 1\n---\nb: 2\n", &["c.yaml:2:1: several documents in one file are not supported yet"]),
            ("a: \u{0}\n", &["c.yaml:1:4: the control character U+0000 is not allowed in YAML"]),
            ("a: b\nc: \u{7}\n", &["c.yaml:2:4: the control character U+0007 is not allowed in YAML"]),
            ("a: \"x\\0\"\n", &["c.yaml:1:4: a: the text holds a NUL character"]),
            ("a:\n\tb: 1\n", &[]),
            ("a: [1\nb: 2", &[]),
        ];
        for (text, wanted) in cases {
            let found = shown(text);
            if wanted.is_empty() {
                // The words are the parser's; the place is ours to check.
                assert!(found.len() == 1 && found[0].contains("invalid YAML: "), "{text:?}: {found:?}");
                assert!(found[0].starts_with("c.yaml:2:"), "{text:?}: {found:?}");
            } else {
                assert_eq!(found, wanted, "{text:?}");
            }
        }
    }

    #[test]
    fn a_syntax_mistake_shows_its_line() {
        let error = &errors(b"a: 1\nb: 'x\n")[0];
        assert!(error.snippet.is_some(), "{error:?}");
        assert_eq!(errors(b"a: 1\nb: \xff")[0].to_string(), "c.yaml:2:4: the file is not UTF-8 text");
    }

    #[test]
    fn bombs_do_not_go_off() {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for i in 1..12 {
            let items = vec![format!("*a{}", i - 1); 10].join(", ");
            bomb.push_str(&format!("a{i}: &a{i} [{items}]\n"));
        }
        assert!(shown(&bomb)[0].contains("too large when its aliases are expanded"));
        let text = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 16), vec!["*a"; 1000].join(", "));
        assert!(shown(&text)[0].contains("too large when its aliases are expanded"));
        let mut deep = String::from("a0: &a0 [x]\n");
        for i in 1..100 {
            deep.push_str(&format!("a{i}: &a{i} [*a{}]\n", i - 1));
        }
        assert!(shown(&deep)[0].contains("levels deep"));
        for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", ""), ("a:\n ", "")] {
            let text = format!("{}x{}", open.repeat(100_000), close.repeat(100_000));
            assert!(!shown(&text).is_empty());
        }
        let large = vec![b'#'; MAX_BYTES + 1];
        assert!(errors(&large)[0].message.contains("more than the limit"));
    }
}
