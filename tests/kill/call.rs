//! Calls by what they do, so that the same one is found again in another run; and what can go wrong with one.

use std::{collections::BTreeMap, fmt};

/// A call: method and path, without what differs from run to run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call(String);

impl Call {
    /// Of a request's first line. The project's name becomes `P`, what the engine made up becomes `#`.
    pub fn of(line: &str, project: &str) -> Self {
        let mut words = line.split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        // Of the query only what says which object is meant.
        let tells = |part: &&str| ["name=", "path=", "signal=", "fromImage="].iter().any(|key| part.starts_with(key));
        let query: Vec<_> = query.split('&').filter(tells).collect();
        let mark = if query.is_empty() { "" } else { "?" };
        let text = format!("{method} {path}{mark}{}", query.join("&"));
        Self(without_hashes(&text.replace(project, "P")))
    }

    /// What kind of step it is: the call without the object's name.
    pub fn kind(&self) -> String {
        let path = self.0.split('?').next().unwrap_or_default();
        let mut parts: Vec<_> = path.split('/').collect();
        if let Some(object) = parts.get_mut(2)
            && !["create", "json", "prune"].contains(object)
        {
            *object = "*";
        }
        // An image's name may have parts of its own.
        if parts.get(1) == Some(&"images") && parts.len() > 4 {
            parts.drain(3..parts.len() - 1);
        }
        parts.join("/")
    }

    /// Whether it changes something at the engine.
    pub fn changes(&self) -> bool {
        !self.0.starts_with("GET ") && !self.0.starts_with("HEAD ")
    }
}

/// Runs of at least eight hexadecimal digits are identifiers and fingerprints.
fn without_hashes(text: &str) -> String {
    let mut plain = String::new();
    let mut run = String::new();
    for character in text.chars().chain(['\n']) {
        if matches!(character, '0'..='9' | 'a'..='f') {
            run.push(character);
            continue;
        }
        plain.push_str(if run.len() < 8 { &run } else { "#" });
        run.clear();
        plain.push(character);
    }
    plain.pop();
    plain
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The tool is killed before the engine hears of the call.
    Kill,
    /// The tool is killed when the engine has answered, before it hears of it.
    KillAfter,
    /// The engine answers that it failed, having done nothing.
    Error500,
    /// The engine says nothing, having done nothing.
    Hang,
    /// The engine does it, and the connection is lost.
    LoseAnswer,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Kill, Self::KillAfter, Self::Error500, Self::LoseAnswer, Self::Hang];
}

/// A place in a run: the nth time that a call is made. The order of calls differs from run to run, where steps go side
/// by side; what is called does not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// The call.
    pub call: Call,
    /// From 1.
    pub occurrence: usize,
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.call, self.occurrence)
    }
}

/// What goes wrong and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Trap {
    /// Where.
    pub point: Point,
    /// What.
    pub fault: Fault,
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} at {}", self.fault, self.point)
    }
}

/// Every place of a recorded run, in the order in which they came.
pub fn points(calls: &[Call]) -> Vec<Point> {
    let mut counts = BTreeMap::new();
    let mut point = |call: &Call| {
        let count = counts.entry(call.clone()).or_insert(0);
        *count += 1;
        Point { call: call.clone(), occurrence: *count }
    };
    calls.iter().map(&mut point).collect()
}
