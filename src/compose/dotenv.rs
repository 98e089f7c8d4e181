//! Environment files (`.env`, `env_file`), as Docker Compose reads them (Compose specification, "env_file format").
//!
//! Owns the format: `NAME=value` or `NAME: value`, `export` before it, comments, quotes, escapes, values over several
//! lines, names alone, and variables of earlier lines. Refuses to show a value in any message.

use std::collections::BTreeMap;

use super::diagnostic::{Report, Spot};
use super::interpolate::{Failure, Interpolator};

/// Reads an environment file into `values`, which hold what earlier files gave. `outer` gives the variables that win
/// over every file: inside `${…}` they come before the lines above and the earlier files, and a name without `=` takes
/// its value from them. Malformed lines are in the report.
pub(super) fn parse(
    report: &mut Report,
    name: &str,
    bytes: &[u8],
    outer: &dyn Fn(&str) -> Option<String>,
    values: &mut BTreeMap<String, String>,
) {
    let file = report.add_secret_file(name);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let line = bytes[..error.valid_up_to()].iter().filter(|b| **b == b'\n').count() + 1;
            report.error(Some(Spot { file, line, column: 1 }), "", "the file is not UTF-8 text");
            return;
        }
    };
    if let Some((before, _)) = text.split_once('\0') {
        let line = before.matches('\n').count() + 1;
        report.error(Some(Spot { file, line, column: 1 }), "", "the file holds a NUL character");
        return;
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
    let mut reader = Reader { report, file, rest: &text, line: 1, outer, values };
    while !reader.rest.is_empty() {
        reader.statement();
    }
}

struct Reader<'a, 'r> {
    report: &'r mut Report,
    file: usize,
    rest: &'a str,
    line: usize,
    outer: &'a dyn Fn(&str) -> Option<String>,
    values: &'r mut BTreeMap<String, String>,
}

impl<'a> Reader<'a, '_> {
    /// The rest of the line, which is taken with its end.
    fn take_line(&mut self) -> &'a str {
        let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
        self.rest = rest;
        self.line += 1;
        line
    }

    fn error(&mut self, line: usize, key: &str, message: &str) {
        let hint = "write `NAME=value` on a line, with quotes around a value that has spaces or `#` in it";
        self.report.error_hint(Some(Spot { file: self.file, line, column: 1 }), key, message, hint);
    }

    /// Reads one line, or the lines of one quoted value.
    fn statement(&mut self) {
        let start = self.line;
        let line = self.rest.split('\n').next().unwrap_or_default();
        let body = line.trim_start();
        if body.is_empty() || body.starts_with('#') {
            self.take_line();
            return;
        }
        let body = body.strip_prefix("export").filter(|b| b.starts_with([' ', '\t'])).map_or(body, str::trim_start);
        let end = body.find(['=', ':']).unwrap_or(body.len());
        let key = body[..end].trim_end();
        if let Err(why) = check_name(key) {
            self.take_line();
            self.error(start, "", why);
            return;
        }
        let key = key.to_owned();
        if end == body.len() {
            // A name alone takes the variable from outside, when it is set there.
            self.take_line();
            if let Some(value) = (self.outer)(&key) {
                self.values.insert(key, value);
            }
            return;
        }
        let offset = line.len() - body.len() + end + 1;
        self.rest = self.rest[offset..].trim_start_matches([' ', '\t', '\r', '\u{b}', '\u{c}']);
        let value = match self.rest.as_bytes().first() {
            Some(b'"') => self.quoted('"', &key),
            Some(b'\'') => self.quoted('\'', &key),
            _ => {
                let line = self.take_line();
                let value = line.split(" #").next().unwrap_or_default().trim_end();
                self.expand(value, start, &key)
            }
        };
        if let Some(value) = value {
            self.values.insert(key, value);
        }
    }

    /// Reads a value in quotes, and the end of its line. Variables and escapes count in double quotes only.
    fn quoted(&mut self, quote: char, key: &str) -> Option<String> {
        let start = self.line;
        let text = self.rest;
        let mut value = String::new();
        let mut chars = text.char_indices().skip(1).peekable();
        let end = loop {
            match chars.next() {
                None => {
                    self.rest = "";
                    self.error(start, key, "the quoted value has no closing quote");
                    return None;
                }
                Some((i, c)) if c == quote => break i + 1,
                Some((_, '\n')) => {
                    self.line += 1;
                    value.push('\n');
                }
                Some((i, '\\')) => {
                    let (escaped, length) = if quote == '"' { escape(&text[i..]) } else { single_escape(&text[i..]) };
                    value.push_str(&escaped);
                    for _ in 1..length {
                        chars.next();
                    }
                }
                Some((_, c)) => value.push(c),
            }
        };
        self.rest = &text[end..];
        let line = self.line;
        let after = self.take_line().trim_start();
        if !after.is_empty() && !after.starts_with('#') {
            self.error(line, key, "there is text after the closing quote");
            return None;
        }
        if quote == '"' { self.expand(&value, start, key) } else { Some(value) }
    }

    /// Replaces variables: what is known outside wins over earlier lines and files.
    fn expand(&mut self, value: &str, line: usize, key: &str) -> Option<String> {
        let lookup = |name: &str| (self.outer)(name).or_else(|| self.values.get(name).cloned());
        let mut variables = Interpolator::new(&lookup);
        let result = variables.substitute(value);
        let unset = variables.take_unset();
        for name in unset {
            let spot = Spot { file: self.file, line, column: 1 };
            self.report.warning(Some(spot), key, format!("the variable `{name}` is not set, nothing takes its place"), None);
        }
        match result {
            Ok(value) => Some(value),
            Err(Failure::Invalid(why)) => {
                self.error(line, key, &format!("invalid variable: {why}"));
                None
            }
            // Its message is part of the value, so it is not shown.
            Err(Failure::Required { name, .. }) => {
                self.error(line, key, &format!("the required variable `{name}` is not set"));
                None
            }
        }
    }
}

fn check_name(name: &str) -> Result<(), &'static str> {
    if name.is_empty() {
        return Err("the line has no variable name before `=`");
    }
    if name.contains(char::is_whitespace) {
        return Err("a variable's name cannot contain a space");
    }
    let valid = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '[' | ']');
    if name.chars().all(valid) { Ok(()) } else { Err("a variable's name takes letters, digits, `_`, `.` and `-`") }
}

/// What the escape at the start of a text stands for in double quotes, and how many characters it has.
fn escape(text: &str) -> (String, usize) {
    let mut chars = text.chars().skip(1);
    let one = |c: char| (c.to_string(), 2);
    match chars.next() {
        Some('a') => one('\u{7}'),
        Some('b') => one('\u{8}'),
        Some('f') => one('\u{c}'),
        Some('n') => one('\n'),
        Some('r') => one('\r'),
        Some('t') => one('\t'),
        Some('v') => one('\u{b}'),
        Some('"') => one('"'),
        Some('\\') => one('\\'),
        // An escaped dollar sign must survive the replacement of variables.
        Some('$') => ("$$".into(), 2),
        Some('0') => {
            let digits: String = chars.take(3).take_while(|c| c.is_digit(8)).collect();
            match u8::from_str_radix(&digits, 8) {
                Ok(code) if digits.len() == 3 => (char::from(code).to_string(), 5),
                _ => ("\\0".into(), 2),
            }
        }
        Some('\n') | None => ("\\".into(), 1),
        Some(c) => (format!("\\{c}"), 2),
    }
}

/// The same in single quotes, where only the quote itself can be escaped.
fn single_escape(text: &str) -> (String, usize) {
    match text.chars().nth(1) {
        Some('\'') => ("'".into(), 2),
        Some('\\') => ("\\\\".into(), 2),
        _ => ("\\".into(), 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// OUTER is `out`, SHARED is `outer`; nothing else is known outside.
    fn outer(name: &str) -> Option<String> {
        match name {
            "OUTER" => Some("out".into()),
            "SHARED" => Some("outer".into()),
            _ => None,
        }
    }

    fn read(text: &str) -> (BTreeMap<String, String>, Report) {
        let mut report = Report::default();
        let mut values = BTreeMap::new();
        parse(&mut report, ".env", text.as_bytes(), &outer, &mut values);
        (values, report)
    }

    #[test]
    fn values() {
        let cases: [(&str, &[(&str, &str)]); 63] = [
            ("", &[]),
            ("\n\n  \n", &[]),
            ("# comment", &[]),
            ("  # comment\nA=1", &[("A", "1")]),
            ("A=1", &[("A", "1")]),
            ("A=1\n", &[("A", "1")]),
            ("A=1\nB=2\n", &[("A", "1"), ("B", "2")]),
            ("A=1\nA=2", &[("A", "2")]),
            ("A=", &[("A", "")]),
            ("A=\nB=2", &[("A", ""), ("B", "2")]),
            ("A = 1 ", &[("A", "1")]),
            ("  A=1", &[("A", "1")]),
            ("\tA=\t1", &[("A", "1")]),
            ("A=a b  c  ", &[("A", "a b  c")]),
            ("A: 1", &[("A", "1")]),
            ("A=b:c=d", &[("A", "b:c=d")]),
            ("A:b=c", &[("A", "b=c")]),
            ("export A=1", &[("A", "1")]),
            ("export\tA=1", &[("A", "1")]),
            ("exported=1", &[("exported", "1")]),
            ("export=1", &[("export", "1")]),
            ("a.b-c_d=1", &[("a.b-c_d", "1")]),
            ("\u{feff}A=1", &[("A", "1")]),
            ("A=1\r\nB=2\r\n", &[("A", "1"), ("B", "2")]),
            ("A=é→", &[("A", "é→")]),
            // Comments.
            ("A=1 # c", &[("A", "1")]),
            ("A=1# no", &[("A", "1# no")]),
            ("A=1\t# no", &[("A", "1\t# no")]),
            ("A=#no", &[("A", "#no")]),
            ("A= #no", &[("A", "#no")]),
            ("A=\"1 # no\" # c", &[("A", "1 # no")]),
            ("A='1 # no'# c", &[("A", "1 # no")]),
            // Quotes.
            ("A=\"1\"", &[("A", "1")]),
            ("A='1'", &[("A", "1")]),
            ("A=\"\"", &[("A", "")]),
            ("A=''", &[("A", "")]),
            ("A=\" b \"", &[("A", " b ")]),
            ("A=b\"c\"", &[("A", "b\"c\"")]),
            ("A=\"it's\"", &[("A", "it's")]),
            ("A='a \"b\"'", &[("A", "a \"b\"")]),
            ("A=\"l1\nl2\"\nB=2", &[("A", "l1\nl2"), ("B", "2")]),
            ("A='l1\n\nl3'\nB=2", &[("A", "l1\n\nl3"), ("B", "2")]),
            ("A=\"l1\r\nl2\"\r\n", &[("A", "l1\nl2")]),
            ("A=\"  \"  \nB=2", &[("A", "  "), ("B", "2")]),
            // Escapes.
            (r#"A="a\nb\tc\\d\"e""#, &[("A", "a\nb\tc\\d\"e")]),
            (r#"A="\a\b\f\r\v""#, &[("A", "\u{7}\u{8}\u{c}\r\u{b}")]),
            (r#"A="\q\x41""#, &[("A", r"\q\x41")]),
            (r#"A="\0101\0\0999""#, &[("A", r"A\0\0999")]),
            (r"A='a\nb\\c\'d'", &[("A", r"a\nb\\c'd")]),
            (r"A=a\nb\\c", &[("A", r"a\nb\\c")]),
            // Variables.
            ("A=1\nB=$A", &[("A", "1"), ("B", "1")]),
            ("A=1\nB=${A}2", &[("A", "1"), ("B", "12")]),
            ("A=1\nB=\"$A\"", &[("A", "1"), ("B", "1")]),
            ("A=1\nB='$A'", &[("A", "1"), ("B", "$A")]),
            ("A=$OUTER", &[("A", "out")]),
            ("SHARED=inner\nA=$SHARED", &[("SHARED", "inner"), ("A", "outer")]),
            ("A=${X:-d}", &[("A", "d")]),
            ("A=$$X", &[("A", "$X")]),
            (r#"A="\$X""#, &[("A", "$X")]),
            (r"A=\$OUTER", &[("A", r"\out")]),
            ("A=$(x)", &[("A", "$(x)")]),
            // Names alone.
            ("OUTER\nNOWHERE\nA=1", &[("OUTER", "out"), ("A", "1")]),
            ("export OUTER", &[("OUTER", "out")]),
        ];
        for (text, wanted) in cases {
            let (values, report) = read(text);
            let wanted: BTreeMap<String, String> = wanted.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            assert_eq!(values, wanted, "{text:?}");
            assert!(!report.has_errors(), "{text:?}");
        }
    }

    #[test]
    fn malformed_lines_are_named_and_never_shown() {
        let cases = [
            ("A=1\nB C=s3cret", 2, "", "space"),
            ("=s3cret", 1, "", "no variable name"),
            ("A$=s3cret", 1, "", "takes letters"),
            ("\n\ns3cret!", 3, "", "takes letters"),
            ("A=\"s3cret\nmore", 1, "A", "no closing quote"),
            ("A=1\nB='s3cret", 2, "B", "no closing quote"),
            ("A=\"l1\nl2\"s3cret", 2, "A", "after the closing quote"),
            ("A=${s3cret", 1, "A", "invalid variable"),
            ("A=\"x\n${s3 cret}\"", 1, "A", "invalid variable"),
            ("A=${X:?s3cret}", 1, "A", "the required variable `X`"),
        ];
        for (text, line, key, message) in cases {
            let (_, report) = read(text);
            let errors = report.into_errors();
            let error = &errors.0[0];
            let place = error.place.as_ref().unwrap();
            assert_eq!((place.file.as_str(), place.line, error.key.as_str()), (".env", line, key), "{text:?}");
            assert!(error.message.contains(message), "{text:?}: {error}");
            assert!(!format!("{errors:?}").contains("s3"), "{text:?}: {error}");
            assert_eq!(error.snippet, None);
        }
    }

    #[test]
    fn the_other_lines_of_a_malformed_file_are_read() {
        let (values, report) = read("A=1\n!\nB=2\n?=3\nC=3");
        assert_eq!(values.into_keys().collect::<Vec<_>>(), ["A", "B", "C"]);
        assert_eq!(report.into_errors().0.len(), 2);
    }

    #[test]
    fn a_missing_variable_is_a_warning_with_its_line() {
        let (values, report) = read("A=1\nB=$NOWHERE");
        assert_eq!(values["B"], "");
        let warnings = report.finish().unwrap();
        assert_eq!(warnings[0].to_string(), ".env:2:1: B: the variable `NOWHERE` is not set, nothing takes its place");
    }

    #[test]
    fn bytes_that_are_no_text() {
        let mut report = Report::default();
        let bytes = "A=é\nB=é".as_bytes().strip_suffix(&[0xa9]).unwrap();
        let mut values = BTreeMap::new();
        parse(&mut report, ".env", bytes, &outer, &mut values);
        parse(&mut report, ".env", b"A=1\nB=\0", &outer, &mut values);
        assert!(values.is_empty());
        let lines: Vec<usize> = report.into_errors().0.iter().map(|e| e.place.as_ref().unwrap().line).collect();
        assert_eq!(lines, [2, 2]);
    }
}
