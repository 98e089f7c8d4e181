//! What a registry wants to see before it answers (`WWW-Authenticate`).

use http_auth::{ChallengeRef, parse_challenges};

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    /// A token that somebody else gives out.
    Bearer {
        /// Who gives it out: a URL.
        realm: String,
        /// Whom it is for.
        service: Option<String>,
        /// What it lets one do.
        scope: Option<String>,
    },
    /// Name and password.
    Basic,
}

fn known(challenge: &ChallengeRef<'_>) -> Option<Challenge> {
    let parameter = |name: &str| {
        let found = challenge.params.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.to_unescaped())
    };
    if challenge.scheme.eq_ignore_ascii_case("bearer") {
        return Some(Challenge::Bearer { realm: parameter("realm")?, service: parameter("service"), scope: parameter("scope") });
    }
    challenge.scheme.eq_ignore_ascii_case("basic").then_some(Challenge::Basic)
}

/// The best of what the headers ask for: a token before a password. `None` when nothing of it is known here.
pub(super) fn best<'h>(headers: impl Iterator<Item = &'h str>) -> Option<Challenge> {
    let all = headers.filter_map(|header| parse_challenges(header).ok()).flatten().filter_map(|c| known(&c));
    all.min_by_key(|challenge| *challenge == Challenge::Basic)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Challenge {
        Challenge::Bearer { realm: realm.into(), service: service.map(Into::into), scope: scope.map(Into::into) }
    }

    #[test]
    fn what_registries_ask_for() {
        let one = |header: &str| best([header].into_iter());
        let hub = r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull""#;
        let wanted = bearer("https://auth.docker.io/token", Some("registry.docker.io"), Some("repository:a/b:pull"));
        assert_eq!(one(hub), Some(wanted.clone()));
        assert_eq!(
            one(r#"bearer realm="https://x/t", scope="repository:a:pull,push repository:b:pull", error="insufficient_scope""#),
            Some(bearer("https://x/t", None, Some("repository:a:pull,push repository:b:pull")))
        );
        assert_eq!(one(r#"Basic realm="Registry Realm", charset="UTF-8""#), Some(Challenge::Basic));
        assert_eq!(best([r#"Basic realm="a""#, hub].into_iter()), Some(wanted.clone()), "in two headers");
        assert_eq!(one(&format!(r#"Basic realm="a", {hub}"#)), Some(wanted), "in one header");
        assert_eq!(one(r#"Bearer realm="https://x/\"t""#), Some(bearer("https://x/\"t", None, None)));
    }

    #[test]
    fn what_nobody_can_answer() {
        for header in
            ["", "Negotiate", r#"Digest realm="a", nonce="b""#, r#"Bearer service="no-realm""#, "Bearer realm=\"open", "=,;"]
        {
            assert_eq!(best([header].into_iter()), None, "{header}");
        }
    }
}
