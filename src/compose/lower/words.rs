//! A command line as one text, cut into arguments (Compose specification, `command` and `entrypoint`).
//!
//! Owns quoting as Compose reads it: no shell runs, so variables, globs and operators mean nothing. Refuses a text
//! that only a shell would understand; Compose drops everything from the operator on without a word.

/// Cuts a text into arguments.
pub(in crate::compose) fn split(text: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\n' | '\r' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next().ok_or("a single quote is not closed")? {
                        '\'' => break,
                        c => word.push(c),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next().ok_or("a double quote is not closed")? {
                        '"' => break,
                        '\\' => word.push(chars.next().ok_or("a double quote is not closed")?),
                        c => word.push(c),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(chars.next().ok_or("the text ends in a backslash")?),
            ';' | '&' | '|' | '<' | '>' | '(' | ')' => return Err("no shell runs here, so its operators have no meaning"),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_as_compose_cuts_them() {
        let cases: [(&str, &[&str]); 12] = [
            ("", &[]),
            ("  ", &[]),
            ("a", &["a"]),
            (" a  b\tc\n", &["a", "b", "c"]),
            ("sh -c 'a b'", &["sh", "-c", "a b"]),
            (r#"sh -c "a\tb\q" \x a\ b #c 'd #e'"#, &["sh", "-c", "atbq", "x", "a b", "#c", "d #e"]),
            (r#"a"b c"d'e f'"#, &["ab cde f"]),
            ("a '' \"\"", &["a", "", ""]),
            (r"'a\b'", &[r"a\b"]),
            ("--password #1", &["--password", "#1"]),
            ("$HOME *", &["$HOME", "*"]),
            ("'a;b' \"c|d\" e\\&f", &["a;b", "c|d", "e&f"]),
        ];
        for (text, words) in cases {
            assert_eq!(split(text).unwrap(), words, "{text}");
        }
    }

    #[test]
    fn what_only_a_shell_understands_is_refused() {
        for text in ["a && b", "a | b", "a > b", "a; b", "(a)", "a 'b", "a \"b", "a \\", "\"a\\"] {
            assert!(split(text).is_err(), "{text}");
        }
    }
}
