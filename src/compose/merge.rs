//! Several files to one document: Compose specification, "Merge".
//!
//! Owns the rules by key and the tags `!reset` and `!override`. Works on documents whose variables are replaced, and
//! refuses to know more of a value than its shape: what is equal in a list (ports, mounts) is decided where the list
//! is read.

use std::collections::hash_map::Entry as MapEntry;
use std::collections::{HashMap, HashSet};

use super::diagnostic::{Report, Spot};
use super::document::{Directive, Entry, Map, Node, Value};

/// How the values of one key come together.
enum Rule {
    /// Maps merge key by key, lists are joined, anything else is replaced.
    Shape,
    /// The later value takes the place of the earlier one, also when it is null.
    Replace,
    /// `KEY=value` lists and maps become one map.
    Pairs,
    /// A list; a single text is a list of one.
    List,
    /// Host entries: maps become lists, because a host may have several addresses.
    Hosts,
    /// A list of names is a map with this value for every name.
    Names(fn(Spot) -> Value),
    /// The options of one logging driver mean nothing to another.
    Logging,
}

fn rule(path: &[String]) -> Rule {
    let parts: Vec<&str> = path.iter().map(String::as_str).collect();
    match parts[..] {
        ["services", _, "command" | "entrypoint"] | ["services", _, "healthcheck", "test"] => Rule::Replace,
        ["services", _, "environment" | "labels" | "sysctls" | "annotations"]
        | ["services", _, "deploy", "labels"]
        | ["networks" | "volumes" | "secrets" | "configs", _, "labels"] => Rule::Pairs,
        ["services", _, "env_file" | "tmpfs" | "dns" | "dns_search"] => Rule::List,
        ["services", _, "extra_hosts"] => Rule::Hosts,
        ["services", _, "depends_on"] => Rule::Names(started),
        ["services", _, "networks"] => Rule::Names(|_| Value::Null),
        ["services", _, "logging"] => Rule::Logging,
        ["services", _, "ulimits", _] => Rule::Names(|_| Value::Null),
        _ => Rule::Shape,
    }
}

/// What a name alone means in `depends_on` (Compose specification, `depends_on`, short syntax).
fn started(spot: Spot) -> Value {
    let value = Node::new(Value::String("service_started".into()), spot);
    Value::Map(Map { entries: vec![Entry { key: "condition".into(), spot, value }] })
}

/// Merges files in their order. The first one may hold tags too: there is just nothing that they act on.
pub(super) fn merge(report: &mut Report, files: Vec<Node>) -> Option<Node> {
    let mut files = files.into_iter();
    let mut merged = strip(files.next()?);
    for file in files {
        merged = combine(report, merged, file, &mut Vec::new());
    }
    Some(merged)
}

/// Removes what `!reset` marks, where there is nothing to merge with.
fn strip(mut node: Node) -> Node {
    node.directive = Directive::Merge;
    node.value = match node.value {
        Value::Map(map) => {
            let kept = map.entries.into_iter().filter(|e| e.value.directive != Directive::Reset);
            Value::Map(Map { entries: kept.map(|e| Entry { value: strip(e.value), ..e }).collect() })
        }
        Value::Seq(items) => Value::Seq(items.into_iter().filter(|i| i.directive != Directive::Reset).map(strip).collect()),
        scalar => scalar,
    };
    node
}

fn combine(report: &mut Report, base: Node, over: Node, path: &mut Vec<String>) -> Node {
    if over.directive != Directive::Merge {
        return strip(over);
    }
    let rule = rule(path);
    if let Rule::Replace = rule {
        return strip(over);
    }
    // A key without a value changes nothing.
    if over.value == Value::Null {
        return base;
    }
    let (base, over) = match rule {
        Rule::Shape | Rule::Replace => (base, over),
        Rule::Pairs => (pairs(base), pairs(over)),
        Rule::List => (list(base), list(over)),
        Rule::Hosts => (hosts(base), hosts(over)),
        Rule::Names(value) => (names(base, value), names(over, value)),
        Rule::Logging if different_drivers(&base, &over) => return strip(over),
        Rule::Logging => (base, over),
    };
    let (spot, base_spot) = (over.spot, base.spot);
    let value = match (base.value, over.value) {
        (Value::Map(base), Value::Map(over)) => Value::Map(combine_maps(report, base, over, path)),
        (Value::Seq(mut base), Value::Seq(over)) => {
            base.extend(over.into_iter().filter(|i| i.directive != Directive::Reset).map(strip));
            Value::Seq(base)
        }
        (base @ (Value::Map(_) | Value::Seq(_)), over) | (base, over @ (Value::Map(_) | Value::Seq(_)))
            if base != Value::Null && !matches!(rule, Rule::Names(_)) =>
        {
            let earlier = report.describe(base_spot, Some(spot));
            let message = format!("{} cannot be merged with {} from {earlier}", over.describe(), base.describe());
            report.error_hint(Some(spot), &path.join("."), message, "give both the same form, or mark the later one `!override`");
            base
        }
        (_, over) => strip(Node::new(over, spot)).value,
    };
    // A map or list goes on to be where it began; a replaced scalar is where it was replaced.
    let spot = if matches!(value, Value::Map(_) | Value::Seq(_)) { base_spot } else { spot };
    Node::new(value, spot)
}

fn combine_maps(report: &mut Report, mut base: Map, over: Map, path: &mut Vec<String>) -> Map {
    let places: HashMap<String, usize> = base.entries.iter().enumerate().map(|(i, e)| (e.key.clone(), i)).collect();
    let mut reset = HashSet::new();
    for entry in over.entries {
        let at = places.get(&entry.key).copied();
        match (at, entry.value.directive) {
            (Some(_), Directive::Reset) => {
                reset.insert(entry.key);
            }
            (None, Directive::Reset) => {}
            (Some(at), _) => {
                path.push(entry.key.clone());
                let earlier = std::mem::replace(&mut base.entries[at].value, Node::new(Value::Null, entry.spot));
                base.entries[at].value = combine(report, earlier, entry.value, path);
                path.pop();
            }
            (None, _) => base.entries.push(Entry { value: strip(entry.value), ..entry }),
        }
    }
    base.entries.retain(|entry| !reset.contains(&entry.key));
    base
}

/// `[A=1, B]` as `{A: 1, B: null}`. Anything else stays as it is, for the reader to complain about.
fn pairs(node: Node) -> Node {
    let is_text = |item: &Node| matches!(item.value, Value::String(_));
    match node.value {
        Value::Seq(items) if items.iter().all(is_text) => {
            let mut map = Map::default();
            let mut places: HashMap<String, usize> = HashMap::new();
            for item in items {
                let text = item.value.scalar().unwrap_or_default();
                let (key, value) = match text.split_once('=') {
                    Some((key, value)) => (key.to_owned(), Value::String(value.to_owned())),
                    None => (text, Value::Null),
                };
                let entry = Entry { key, spot: item.spot, value: Node { value, ..item } };
                match places.entry(entry.key.clone()) {
                    MapEntry::Occupied(at) => map.entries[*at.get()] = entry,
                    MapEntry::Vacant(at) => {
                        at.insert(map.entries.len());
                        map.entries.push(entry);
                    }
                }
            }
            Node { value: Value::Map(map), ..node }
        }
        _ => node,
    }
}

fn list(node: Node) -> Node {
    match node.value {
        Value::String(_) => Node { value: Value::Seq(vec![Node::new(node.value, node.spot)]), ..node },
        _ => node,
    }
}

/// `{h: a, k: [b, c]}` as `["h=a", "k=b", "k=c"]`.
fn hosts(node: Node) -> Node {
    let Value::Map(map) = node.value else { return node };
    let mut items = Vec::new();
    for entry in map.entries {
        let addresses = match entry.value.value {
            Value::Seq(addresses) => addresses,
            value => vec![Node { value, ..entry.value }],
        };
        for address in addresses {
            let text = address.value.scalar().unwrap_or_default();
            items.push(Node { value: Value::String(format!("{}={text}", entry.key)), ..address });
        }
    }
    Node { value: Value::Seq(items), ..node }
}

/// `[a, b]` as `{a: …, b: …}`.
fn names(node: Node, value: fn(Spot) -> Value) -> Node {
    let is_text = |item: &Node| matches!(item.value, Value::String(_));
    match node.value {
        Value::Seq(items) if items.iter().all(is_text) => {
            let mut map = Map::default();
            for item in items {
                let key = item.value.scalar().unwrap_or_default();
                if map.get(&key).is_none() {
                    map.entries.push(Entry { key, spot: item.spot, value: Node { value: value(item.spot), ..item } });
                }
            }
            Node { value: Value::Map(map), ..node }
        }
        _ => node,
    }
}

fn different_drivers(base: &Node, over: &Node) -> bool {
    let driver = |node: &Node| node.as_map().and_then(|map| map.value("driver")).and_then(Value::scalar);
    matches!((driver(base), driver(over)), (Some(base), Some(over)) if base != over)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::parse::parse;

    fn show(value: &Value) -> String {
        match value {
            Value::Seq(items) => format!("[{}]", items.iter().map(|i| show(&i.value)).collect::<Vec<_>>().join(" ")),
            Value::Map(map) => {
                let entries = map.entries.iter().map(|e| format!("{}:{}", e.key, show(&e.value.value)));
                format!("{{{}}}", entries.collect::<Vec<_>>().join(" "))
            }
            scalar => scalar.scalar().unwrap_or("~".into()),
        }
    }

    fn merged(report: &mut Report, files: &[&str]) -> Node {
        let nodes = files.iter().enumerate().map(|(i, text)| parse(report, &format!("f{i}.yaml"), text.as_bytes()).unwrap());
        let nodes = nodes.collect();
        merge(report, nodes).unwrap()
    }

    /// Merges two values of one key of a service.
    fn service(key: &str, base: &str, over: &str) -> String {
        let file = |value: &str| format!("services: {{a: {{{key}: {value}}}}}");
        let mut report = Report::default();
        let node = merged(&mut report, &[&file(base), &file(over)]);
        assert!(!report.has_errors(), "{key}: {}", report.into_errors());
        let text = show(&node.value);
        let text = text.strip_prefix("{services:{a:{").and_then(|t| t.strip_suffix("}}}")).unwrap();
        text.strip_prefix(key).map_or(text, |t| t.trim_start_matches(':')).to_owned()
    }

    #[test]
    fn each_key_has_its_rule() {
        let cases = [
            // Replaced.
            ("image", "a", "b", "b"),
            ("image", "a", "~", "a"),
            ("image", "~", "b", "b"),
            ("command", "[a, b]", "[c]", "[c]"),
            ("command", "[a]", "c d", "c d"),
            ("command", "[a]", "~", "~"),
            ("entrypoint", "[a]", "[]", "[]"),
            ("healthcheck", "{test: [CMD, a], interval: 5s}", "{test: b, retries: 3}", "{test:b interval:5s retries:3}"),
            // Both forms of pairs.
            ("environment", "{A: 1, B: 2}", "{B: 3, C: 4}", "{A:1 B:3 C:4}"),
            ("environment", "[A=1, B=2]", "{B: 3}", "{A:1 B:3}"),
            ("environment", "{A: 1, B: 2}", "[B=3, C]", "{A:1 B:3 C:~}"),
            ("environment", "[A=1]", "[A=x=y]", "{A:x=y}"),
            ("environment", "{A: 1}", "~", "{A:1}"),
            ("labels", "[a=b]", "{c: d}", "{a:b c:d}"),
            ("sysctls", "{a: 1}", "[b=2]", "{a:1 b:2}"),
            // Lists are joined.
            ("ports", "['80:80']", "['81:81']", "[80:80 81:81]"),
            ("cap_add", "[A, B]", "[B, C]", "[A B B C]"),
            ("tmpfs", "/a", "[/b]", "[/a /b]"),
            ("tmpfs", "/a", "/b", "[/a /b]"),
            ("env_file", "a", "b", "[a b]"),
            ("env_file", "[a]", "[{path: b}]", "[a {path:b}]"),
            ("extra_hosts", "['h:1']", "{h: '2', k: ['3', '4']}", "[h:1 h=2 k=3 k=4]"),
            // Names and maps.
            ("depends_on", "[b]", "[c]", "{b:{condition:service_started} c:{condition:service_started}}"),
            ("depends_on", "[b]", "{b: {condition: service_healthy}}", "{b:{condition:service_healthy}}"),
            (
                "depends_on",
                "{b: {condition: service_healthy, restart: true}}",
                "[b]",
                "{b:{condition:service_started restart:true}}",
            ),
            ("networks", "[n]", "{m: {aliases: [x]}}", "{n:~ m:{aliases:[x]}}"),
            ("networks", "{n: {aliases: [x]}}", "[n]", "{n:{aliases:[x]}}"),
            ("networks", "{n: {aliases: [x]}}", "{n: {aliases: [y]}}", "{n:{aliases:[x y]}}"),
            ("ulimits", "{n: 5, m: {soft: 1, hard: 2}}", "{n: {soft: 3, hard: 4}, m: 7}", "{n:{soft:3 hard:4} m:7}"),
            ("ulimits", "{m: {soft: 1, hard: 2}}", "{m: {hard: 4}}", "{m:{soft:1 hard:4}}"),
            ("logging", "{driver: a, options: {x: 1}}", "{driver: b, options: {y: 1}}", "{driver:b options:{y:1}}"),
            ("logging", "{driver: a, options: {x: 1}}", "{options: {y: 1}}", "{driver:a options:{x:1 y:1}}"),
            ("deploy", "{resources: {limits: {cpus: 1}}}", "{replicas: 2}", "{resources:{limits:{cpus:1}} replicas:2}"),
            ("x-own", "{a: 1}", "{b: 2}", "{a:1 b:2}"),
            // Tags.
            ("ports", "['80:80']", "!reset []", ""),
            ("ports", "['80:80']", "!override ['81:81']", "[81:81]"),
            ("environment", "{A: 1, B: 2}", "{A: !reset null}", "{B:2}"),
            ("environment", "{A: 1}", "!override {B: 2}", "{B:2}"),
            ("command", "[a]", "!reset null", ""),
            ("user", "!reset null", "a", "a"),
        ];
        for (key, base, over, wanted) in cases {
            assert_eq!(service(key, base, over), wanted, "{key}: {base} and {over}");
        }
    }

    #[test]
    fn a_single_file_loses_what_it_resets() {
        let node = merged(&mut Report::default(), &["a: !reset 1\nb: [!reset x, y]\nc: !override {d: 1}\n"]);
        assert_eq!(show(&node.value), "{b:[y] c:{d:1}}");
    }

    #[test]
    fn three_files_merge_in_their_order() {
        let files = ["services: {a: {image: 1, cap_add: [A]}}", "services: {b: {}}", "services: {a: {image: 3, cap_add: [C]}}"];
        let node = merged(&mut Report::default(), &files);
        assert_eq!(show(&node.value), "{services:{a:{image:3 cap_add:[A C]} b:{}}}");
    }

    #[test]
    fn forms_that_do_not_fit_are_a_mistake_with_both_places() {
        let mut report = Report::default();
        merged(&mut report, &["services:\n  a:\n    ports: ['80']\n", "services:\n  a:\n    ports: {x: 1}\n"]);
        assert_eq!(
            report.into_errors().to_string(),
            "f1.yaml:3:12: services.a.ports: a map cannot be merged with a list from f0.yaml, line 3 \
             (hint: give both the same form, or mark the later one `!override`)"
        );
    }
}
