//! Several files to one document: Compose specification, "Merge".
//!
//! Owns the rules by key and the tags `!reset` and `!override`. Works on documents whose variables are replaced, and
//! refuses to know more of a value than its shape: what is equal in a list (ports, mounts) is decided where the list
//! is read.

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
        Value::Seq(items) => {
            Value::Seq(items.into_iter().filter(|i| i.directive != Directive::Reset).map(strip).collect())
        }
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
    for entry in over.entries {
        let at = base.entries.iter().position(|e| e.key == entry.key);
        match (at, entry.value.directive) {
            (Some(at), Directive::Reset) => {
                base.entries.remove(at);
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
    base
}

/// `[A=1, B]` as `{A: 1, B: null}`. Anything else stays as it is, for the reader to complain about.
fn pairs(node: Node) -> Node {
    let is_text = |item: &Node| matches!(item.value, Value::String(_));
    match node.value {
        Value::Seq(items) if items.iter().all(is_text) => {
            let mut map = Map::default();
            for item in items {
                let text = item.value.scalar().unwrap_or_default();
                let (key, value) = match text.split_once('=') {
                    Some((key, value)) => (key.to_owned(), Value::String(value.to_owned())),
                    None => (text, Value::Null),
                };
                let entry = Entry { key, spot: item.spot, value: Node { value, ..item } };
                map.entries.retain(|e| e.key != entry.key);
                map.entries.push(entry);
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
