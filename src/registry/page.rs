//! One page of a list of tags: what it says, and which page comes next.

use serde::Deserialize;

/// The answer to `GET /v2/NAME/tags/list`; a repository without tags has `null`.
#[derive(Deserialize)]
struct List {
    tags: Option<Vec<String>>,
}

/// The tags of a page; in words what is wrong with it.
pub(super) fn tags(body: &[u8]) -> Result<Vec<String>, String> {
    let list: List = serde_json::from_slice(body).map_err(|error| format!("no list of tags ({error})"))?;
    Ok(list.tags.unwrap_or_default())
}

/// The target of the first link with `rel="next"` (RFC 8288) of a `Link` header's value.
pub(super) fn next(link: &str) -> Option<&str> {
    let mut rest = link;
    while let Some((_, after)) = rest.split_once('<') {
        let (target, after) = after.split_once('>')?;
        // The parameters end where the next link begins; a comma in quotes is of no relation that is looked for.
        let end = after.find('<').unwrap_or(after.len());
        let relation = |parameter: &str| {
            let (name, value) = parameter.split_once('=')?;
            let value = value.trim().trim_end_matches(',').trim_matches('"');
            Some(name.trim().eq_ignore_ascii_case("rel") && value.split(' ').any(|word| word.eq_ignore_ascii_case("next")))
        };
        if after[..end].split(';').filter_map(relation).any(|is_next| is_next) {
            return Some(target);
        }
        rest = &after[end..];
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_page_says() {
        assert_eq!(tags(br#"{"name": "a", "tags": ["v1", "v2"]}"#), Ok(vec!["v1".into(), "v2".into()]));
        assert_eq!(tags(br#"{"name": "a", "tags": null}"#), Ok(vec![]));
        for wrong in [&b""[..], b"<html>", b"[]", br#"{"tags": "v1"}"#, br#"{"tags": [1]}"#, b"\xff"] {
            assert!(tags(wrong).is_err(), "{}", String::from_utf8_lossy(wrong));
        }
    }

    #[test]
    fn which_page_comes_next() {
        for (link, target) in [
            (r#"</v2/a/tags/list?last=b&n=2>; rel="next""#, Some("/v2/a/tags/list?last=b&n=2")),
            ("<https://reg.example/x>;rel=next", Some("https://reg.example/x")),
            (r#"</first>; rel="first", </x>; title="a"; REL="prefetch next""#, Some("/x")),
            (r#"</first>; rel="first""#, None),
            (r#"</first>; title="next""#, None),
            ("</cut", None),
            ("", None),
        ] {
            assert_eq!(next(link), target, "{link}");
        }
    }
}
