//! Reads Rust sources as far as paths go: comments, strings and tests are taken out, `use` trees are spread out.

use std::collections::BTreeSet;
use std::path::Path;

/// One source file.
#[derive(Debug)]
pub struct Module {
    /// The file, below `src`.
    pub file: String,
    /// Its path in the crate (`plan::deploy`), empty for the crate's root and the program.
    pub path: String,
    /// It has children.
    pub is_parent: bool,
    /// The paths of this crate that it mentions, without `crate`.
    pub uses: BTreeSet<String>,
    /// Names that it makes its own (`secret::read_file`), and where they come from (`secret::store`).
    pub re_exports: Vec<(String, String)>,
    /// Everything that it mentions, spread out, and its code.
    words: String,
}

impl Module {
    /// Whether a word or path stands in the code.
    pub fn mentions(&self, word: &str) -> bool {
        let inside = |c: char| c.is_alphanumeric() || c == '_';
        self.words.match_indices(word).any(|(at, _)| {
            let before = self.words[..at].chars().next_back().is_some_and(inside);
            let after = self.words[at + word.len()..].chars().next().is_some_and(inside);
            !before && (!after || word.ends_with('!'))
        })
    }
}

/// Every module below `src`, but for those that exist in tests only.
pub fn read_crate(src: &Path) -> Vec<Module> {
    let mut files = Vec::new();
    let mut open = vec![src.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let name = path.strip_prefix(src).unwrap().to_str().unwrap().to_owned();
                files.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    files.sort();
    let tests: Vec<String> = files.iter().flat_map(|(name, text)| test_modules(name, text)).collect();
    let is_test = |path: &str| tests.iter().any(|t| path == t || path.starts_with(&format!("{t}::")));
    files.iter().map(|(name, text)| read_module(name, text)).filter(|m| !is_test(&m.path)).collect()
}

fn module_path(file: &str) -> String {
    let path = file.trim_end_matches(".rs");
    let path = path.strip_suffix("/mod").unwrap_or(path).replace('/', "::");
    if path == "lib" || path == "main" { String::new() } else { path }
}

fn child(parent: &str, name: &str) -> String {
    if parent.is_empty() { name.to_owned() } else { format!("{parent}::{name}") }
}

/// Modules that a file declares for tests only: `#[cfg(test)] mod name;`.
fn test_modules(file: &str, text: &str) -> Vec<String> {
    let code = without_comments_and_strings(text);
    let name = |rest: &str| {
        let rest = rest.trim_start();
        let rest = rest.strip_prefix("pub(crate) ").or(rest.strip_prefix("pub ")).unwrap_or(rest);
        let name: String = rest.strip_prefix("mod ")?.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        rest[4 + name.len()..].trim_start().starts_with(';').then(|| child(&module_path(file), &name))
    };
    code.split("#[cfg(test)]").skip(1).filter_map(name).collect()
}

/// One module from its text.
pub fn read_module(file: &str, text: &str) -> Module {
    let code = without_tests(&without_comments_and_strings(text));
    let path = module_path(file);
    let own: Vec<&str> = path.split("::").filter(|p| !p.is_empty()).collect();
    let mut uses = BTreeSet::new();
    let mut words = code.clone();
    let mut re_exports = Vec::new();
    for (at, written) in paths(&code) {
        words.push('\n');
        words.push_str(&written);
        if let Some(absolute) = absolute(&own, &written) {
            uses.insert(absolute);
        }
        let line = code[..at].rsplit([';', '{', '}']).next().unwrap_or_default();
        if line.trim_start().starts_with("pub use")
            && let Some((from, name)) = written.rsplit_once("::")
            && !from.starts_with("crate")
            && !from.starts_with("super")
        {
            re_exports.push((child(&path, name), child(&path, from.trim_start_matches("self::"))));
        }
    }
    let is_parent = file.ends_with("mod.rs") || code.contains("\nmod ") || code.contains("pub mod ");
    Module { file: file.to_owned(), path, is_parent, uses, re_exports, words }
}

/// A path as written, from the crate's root; `None` when it is not one of this crate.
fn absolute(own: &[&str], written: &str) -> Option<String> {
    let mut parts: Vec<&str> = written.split("::").collect();
    let mut base: Vec<&str> = match parts[0] {
        "crate" => Vec::new(),
        "super" | "self" => own.to_vec(),
        _ => return None,
    };
    while let Some(first) = parts.first() {
        match *first {
            "super" => drop(base.pop()),
            "self" | "crate" => {}
            _ => break,
        }
        parts.remove(0);
    }
    base.extend(parts.into_iter().filter(|p| *p != "self" && *p != "*"));
    // No layer is given to anything deeper.
    (!base.is_empty()).then(|| base[..base.len().min(3)].join("::"))
}

/// Every path of the code with its place, groups spread out: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn paths(code: &str) -> Vec<(usize, String)> {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(offset) = code[at..].find(inside) {
        let start = at + offset;
        let (end, spread) = spread(code, start);
        if spread.iter().any(|path| path.contains("::")) {
            found.extend(spread.into_iter().map(|path| (start, path)));
        }
        at = end.max(start + 1);
    }
    found
}

/// The path that begins at `start`: where it ends, and every path that it stands for.
fn spread(code: &str, start: usize) -> (usize, Vec<String>) {
    let outside = |c: char| !(c.is_alphanumeric() || c == '_');
    let word_end = |from: usize| from + code[from..].find(outside).unwrap_or(code.len() - from);
    let mut end = word_end(start);
    let mut path = code[start..end].to_owned();
    while let Some(rest) = code[end..].strip_prefix("::") {
        let next = end + 2;
        if rest.starts_with('{') {
            let (after, inner) = group(code, next + 1);
            return (after, inner.into_iter().map(|p| format!("{path}::{p}")).collect());
        }
        if rest.starts_with('*') {
            return (next + 1, vec![format!("{path}::*")]);
        }
        let word = word_end(next);
        if word == next {
            break;
        }
        path = format!("{path}::{}", &code[next..word]);
        end = word;
    }
    (end, vec![path])
}

/// The inside of a group from after its brace.
fn group(code: &str, start: usize) -> (usize, Vec<String>) {
    let (mut at, mut found) = (start, Vec::new());
    while let Some(c) = code[at..].chars().next() {
        match c {
            '}' => return (at + 1, found),
            _ if c.is_alphanumeric() || c == '_' => {
                let (end, inner) = spread(code, at);
                // `name as other` is still `name`.
                let renamed = code[end..].trim_start().strip_prefix("as ").map(|rest| code.len() - rest.len());
                found.extend(inner);
                at = renamed.map_or(end, |from| from + code[from..].find([',', '}']).unwrap_or(0));
            }
            _ => at += c.len_utf8(),
        }
    }
    (at, found)
}

/// The code without what stands in tests only.
fn without_tests(code: &str) -> String {
    let mut rest = code;
    let mut kept = String::new();
    while let Some(at) = rest.find("#[cfg(test)]") {
        kept.push_str(&rest[..at]);
        rest = &rest[at + "#[cfg(test)]".len()..];
        // An item ends with its semicolon, or with the brace that closes its first one.
        let semicolon = rest.find(';').unwrap_or(rest.len());
        let brace = rest.find('{').unwrap_or(rest.len());
        let end = if semicolon < brace { semicolon + 1 } else { closing(rest, brace) };
        rest = &rest[end..];
    }
    kept.push_str(rest);
    kept
}

fn closing(code: &str, open: usize) -> usize {
    let mut depth = 0;
    for (at, c) in code[open..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return open + at + 1,
            '}' => depth -= 1,
            _ => {}
        }
    }
    code.len()
}

/// The code with comments, and the content of strings and characters, left out.
fn without_comments_and_strings(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut kept = String::new();
    let mut at = 0;
    let starts = |at: usize, what: &str| what.chars().enumerate().all(|(n, c)| chars.get(at + n) == Some(&c));
    let find = |from: usize, what: &str| (from..chars.len()).find(|at| starts(*at, what)).map(|at| at + what.chars().count());
    while let Some(c) = chars.get(at).copied() {
        let in_word = kept.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_');
        if starts(at, "//") {
            at = find(at, "\n").map_or(chars.len(), |end| end - 1);
        } else if starts(at, "/*") {
            at = find(at + 2, "*/").unwrap_or(chars.len());
        } else if c == 'r'
            && !in_word
            && let Some(end) = raw(&chars, at)
        {
            at = end;
            kept.push_str("\"\"");
        } else if c == '"' {
            at += 1;
            while let Some(c) = chars.get(at) {
                at += if *c == '\\' { 2 } else { 1 };
                if *c == '"' {
                    break;
                }
            }
            kept.push_str("\"\"");
        } else if c == '\'' && chars.get(at + 1) == Some(&'\\') {
            at = find(at + 3, "'").unwrap_or(chars.len());
        } else if c == '\'' && chars.get(at + 2) == Some(&'\'') {
            at += 3;
        } else {
            kept.push(c);
            at += 1;
        }
    }
    kept
}

/// Where the raw string that begins at `at` ends; `None` when it is none.
fn raw(chars: &[char], at: usize) -> Option<usize> {
    let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
    (chars.get(at + 1 + hashes) == Some(&'"')).then_some(())?;
    let begin = at + 2 + hashes;
    let ends = |at: &usize| chars[*at] == '"' && chars[at + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes;
    Some((begin..chars.len()).find(ends)? + 1 + hashes)
}
