//! What the store's and the SDK's answers mean. Owns the codes that stores use; refuses to repeat more of an answer than its
//! code and message, shortened and on one line.

use std::{error::Error, iter};

use aws_sdk_s3::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};

use super::super::{SinkError, SinkErrorKind};

/// Longest detail, in characters.
const MAX_DETAIL: usize = 600;

/// A failed call as our error.
pub(super) fn failed<E>(what: &str, error: &SdkError<E, HttpResponse>) -> SinkError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ServiceError(answer) => {
            let (status, code) = (answer.raw().status().as_u16(), answer.err().code().unwrap_or_default());
            refused(what, status, code, answer.err().message().unwrap_or_default())
        }
        SdkError::TimeoutError(_) => SinkError::new(SinkErrorKind::Unreachable, what, "the store did not answer in time"),
        SdkError::DispatchFailure(failure) => unsent(what, chain(failure.as_connector_error().map(|e| e as &dyn Error))),
        SdkError::ResponseError(answer) => {
            let status = answer.raw().status().as_u16();
            let detail = format!("the answer (HTTP {status}) cannot be read: {}", chain(error.source()));
            SinkError::new(SinkErrorKind::Unreachable, what, shown(&detail))
        }
        other => SinkError::new(SinkErrorKind::Other, what, shown(&chain(other.source()))),
    }
}

/// The store's answer was no.
fn refused(what: &str, status: u16, code: &str, message: &str) -> SinkError {
    let kind = kind(status, code, message);
    let detail = match (code, message) {
        ("", "") => format!("the store answered HTTP {status}"),
        (code, "") => format!("the store answered {code} (HTTP {status})"),
        (code, message) => format!("the store answered {code} (HTTP {status}): {message}"),
    };
    let error = SinkError::new(kind, what, shown(&detail));
    match remedy(status, code) {
        Some(remedy) => error.with_remedy(remedy),
        None => error,
    }
}

fn kind(status: u16, code: &str, message: &str) -> SinkErrorKind {
    let message = message.to_lowercase();
    // AWS answers AccessDenied, MinIO InvalidRequest: only the words tell.
    if message.contains("object lock") || message.contains("worm protected") || code == "ObjectLocked" {
        return SinkErrorKind::Locked { until: None };
    }
    match (code, status) {
        ("NoSuchKey" | "NoSuchBucket" | "NoSuchUpload" | "NotFound", _) => SinkErrorKind::NotFound,
        ("PreconditionFailed" | "ConditionalRequestConflict", _) => SinkErrorKind::Exists,
        (
            "AccessDenied"
            | "AllAccessDisabled"
            | "AccountProblem"
            | "SignatureDoesNotMatch"
            | "InvalidAccessKeyId"
            | "ExpiredToken"
            | "InvalidToken"
            | "TokenRefreshRequired"
            | "NotSignedUp"
            | "RequestTimeTooSkewed",
            _,
        ) => SinkErrorKind::Denied,
        ("EntityTooLarge" | "QuotaExceeded" | "XMinioStorageFull" | "XMinioAdminBucketQuotaExceeded", _) => SinkErrorKind::Full,
        ("BadDigest" | "InvalidDigest" | "XAmzContentSHA256Mismatch" | "IncompleteBody" | "InvalidRange", _) => {
            SinkErrorKind::Damaged
        }
        ("NotImplemented", _) => SinkErrorKind::Other,
        ("SlowDown" | "InternalError" | "ServiceUnavailable" | "RequestTimeout", _) => SinkErrorKind::Unreachable,
        (_, 404) => SinkErrorKind::NotFound,
        (_, 412) => SinkErrorKind::Exists,
        (_, 401 | 403) => SinkErrorKind::Denied,
        (_, 507) => SinkErrorKind::Full,
        (_, 408 | 429 | 500..) => SinkErrorKind::Unreachable,
        _ => SinkErrorKind::Other,
    }
}

fn remedy(status: u16, code: &str) -> Option<&'static str> {
    Some(match (code, status) {
        ("NoSuchBucket", _) => "create the bucket, or correct its name, the endpoint or `path_style`",
        ("SignatureDoesNotMatch", _) => {
            "the secret access key does not belong to the access key id: check the target's credentials"
        }
        ("InvalidAccessKeyId", _) => "the store does not know the access key id: check the target's credentials and endpoint",
        ("ExpiredToken" | "InvalidToken" | "TokenRefreshRequired", _) => {
            "the session token is no longer good: get new credentials"
        }
        ("RequestTimeTooSkewed", _) => "this machine's clock is wrong: set it, and keep it right (timedatectl set-ntp true)",
        ("AccessDenied", _) => "the credentials may not do this: see the permissions of their policy, and the bucket's",
        ("PermanentRedirect" | "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException", _) | (_, 301 | 307) => {
            "the bucket is in another region: set the target's region or endpoint"
        }
        ("SlowDown" | "ServiceUnavailable", _) | (_, 503) => "the store is overloaded: try again later",
        ("InvalidObjectState", _) => "the object is archived: have the store restore it, then try again",
        ("InvalidStorageClass", _) => "the store does not know the target's storage class",
        ("InvalidBucketState", _) => {
            "the bucket was made without Object Lock: make one with it, or remove the lock from the target"
        }
        _ => return None,
    })
}

/// No answer came: the store is not there, or is not trusted.
fn unsent(what: &str, detail: String) -> SinkError {
    let error = SinkError::new(SinkErrorKind::Unreachable, what, shown(&detail));
    if detail.contains("certificate") {
        return error
            .with_remedy("the store's certificate is not trusted: set the target's CA file to its authority's certificate");
    }
    error
}

/// An error with what caused it, without repetitions.
fn chain(first: Option<&(dyn Error + 'static)>) -> String {
    let mut said: Vec<String> = Vec::new();
    for error in iter::successors(first, |error| (*error).source()) {
        let text = error.to_string();
        if !said.iter().any(|before| before.contains(&text)) {
            said.push(text);
        }
    }
    said.join(": ")
}

fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_DETAIL).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_the_stores_are_told_apart() {
        use SinkErrorKind as Kind;
        for (status, code, message, expected) in [
            (404, "NoSuchBucket", "", Kind::NotFound),
            (403, "SignatureDoesNotMatch", "", Kind::Denied),
            (403, "RequestTimeTooSkewed", "", Kind::Denied),
            (403, "", "", Kind::Denied),
            (403, "AccessDenied", "Access Denied because object protected by object lock.", Kind::Locked { until: None }),
            (400, "InvalidRequest", "Object is WORM protected and cannot be overwritten", Kind::Locked { until: None }),
            (412, "PreconditionFailed", "", Kind::Exists),
            (409, "ConditionalRequestConflict", "", Kind::Exists),
            (507, "XMinioStorageFull", "", Kind::Full),
            (503, "SlowDown", "", Kind::Unreachable),
            (500, "", "", Kind::Unreachable),
            (501, "NotImplemented", "", Kind::Other),
            (400, "BadDigest", "", Kind::Damaged),
            (400, "MalformedXML", "", Kind::Other),
        ] {
            assert_eq!(refused("write a", status, code, message).kind, expected, "{status} {code} {message}");
        }
    }

    #[test]
    fn the_clock_the_bucket_and_the_secret_have_hints_of_their_own() {
        let hint = |status, code| refused("write a", status, code, "").hint().unwrap();
        assert!(hint(403, "RequestTimeTooSkewed").contains("clock"));
        assert!(hint(404, "NoSuchBucket").contains("bucket"));
        assert!(hint(403, "SignatureDoesNotMatch").contains("secret access key"));
        assert!(hint(301, "PermanentRedirect").contains("region"));
    }

    #[test]
    fn an_answer_stays_on_one_line_and_short() {
        let error = refused("write a", 400, "Odd", &format!("a\nb\x1b[0m{}", "x".repeat(10_000)));
        assert!(!error.detail.contains(['\n', '\x1b']) && error.detail.chars().count() <= MAX_DETAIL);
    }
}
