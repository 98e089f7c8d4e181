//! Where the credentials of an S3 target come from: the environment, a file, or a profile of the AWS tools. Refuses to take them
//! from a command line, and to name a value in an error.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use super::{
    super::{SinkError, SinkErrorKind},
    settings::CredentialSource,
};
use crate::secret::{Secret, quoted};

const ACCESS_KEY: &str = "AWS_ACCESS_KEY_ID";
const SECRET_KEY: &str = "AWS_SECRET_ACCESS_KEY";
const SESSION_TOKEN: &str = "AWS_SESSION_TOKEN";
const WHAT: &str = "read the S3 credentials";
/// Largest file that is read, in bytes.
const MAX_SIZE: u64 = 1 << 20;

/// What requests are signed with.
#[derive(Debug, Clone)]
pub(super) struct Credentials {
    pub(super) access_key: String,
    pub(super) secret_key: Secret<String>,
    pub(super) session_token: Option<Secret<String>>,
}

/// Access to the environment: a variable, when it is set.
pub(super) type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Finds the credentials.
pub(super) fn find(source: &CredentialSource, variables: Variables<'_>) -> Result<Credentials, SinkError> {
    let variable = |name: &str| variables(name).filter(|value| !value.is_empty());
    match source {
        CredentialSource::Environment => {
            let missing = |name: &str| {
                denied(format!("{name} is not set")).with_remedy(format!(
                    "set {ACCESS_KEY} and {SECRET_KEY} in the environment, or configure a file or a profile for the target"
                ))
            };
            complete(|name| variable(name).map(Secret::new), missing)
        }
        CredentialSource::File(path) => {
            let text = read(path)?;
            private(path)?;
            let mut found = assignments(&text);
            complete(|name| found.remove(name), |name| denied(format!("{} does not say {name}", path.display())))
        }
        CredentialSource::Profile(name) => {
            let name = name.clone().or_else(|| variable("AWS_PROFILE")).unwrap_or_else(|| "default".to_owned());
            profile(&name, &variable)
        }
    }
}

fn complete(
    mut value: impl FnMut(&str) -> Option<Secret<String>>,
    missing: impl Fn(&str) -> SinkError,
) -> Result<Credentials, SinkError> {
    let access_key = value(ACCESS_KEY).ok_or_else(|| missing(ACCESS_KEY))?.expose().clone();
    let secret_key = value(SECRET_KEY).ok_or_else(|| missing(SECRET_KEY))?;
    Ok(Credentials { access_key, secret_key, session_token: value(SESSION_TOKEN) })
}

fn profile(name: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Credentials, SinkError> {
    let path = |given: &str, usual: &str| -> Option<PathBuf> {
        variable(given).map(PathBuf::from).or_else(|| Some(Path::new(&variable("HOME")?).join(usual)))
    };
    let places = [
        // The first one that knows the keys wins, as with the AWS tools; in the second one sections are called `profile NAME`.
        (path("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"), name.to_owned()),
        (path("AWS_CONFIG_FILE", ".aws/config"), if name == "default" { name.to_owned() } else { format!("profile {name}") }),
    ];
    let mut other = None;
    for (path, section) in places.iter().filter_map(|(path, section)| Some((path.as_ref()?, section))) {
        let text = match read(path) {
            Err(error) if error.kind == SinkErrorKind::NotFound => continue,
            text => text?,
        };
        let mut found = assignments(&section_of(&text, section));
        if found.contains_key("aws_access_key_id") {
            return complete(
                |name| found.remove(name.to_lowercase().as_str()),
                |name| denied(format!("profile `{section}` of {} does not say {}", path.display(), name.to_lowercase())),
            );
        }
        other = other.or_else(|| {
            ["role_arn", "sso_session", "sso_start_url", "credential_process"].into_iter().find(|k| found.contains_key(*k))
        });
    }
    let error = match other {
        Some(key) => denied(format!("profile `{name}` has `{key}` and no keys of its own, which is not supported")),
        None => denied(format!("no keys of a profile `{name}` were found")),
    };
    Err(error.with_remedy(format!(
        "write aws_access_key_id and aws_secret_access_key into the profile, or export keys into the environment: \
         aws configure export-credentials --profile {name} --format env"
    )))
}

fn denied(detail: impl Into<String>) -> SinkError {
    SinkError::new(SinkErrorKind::Denied, WHAT, detail)
}

fn read(path: &Path) -> Result<Zeroizing<String>, SinkError> {
    let failed = |error: io::Error| {
        let kind = match error.kind() {
            io::ErrorKind::NotFound => SinkErrorKind::NotFound,
            io::ErrorKind::PermissionDenied => SinkErrorKind::Denied,
            _ => SinkErrorKind::Other,
        };
        SinkError::new(kind, WHAT, format!("{}: {error}", path.display()))
    };
    let mut text = Zeroizing::new(String::new());
    let read = File::open(path).and_then(|file| file.take(MAX_SIZE).read_to_string(&mut text));
    read.map_err(failed)?;
    Ok(text)
}

/// A file that is ours to ask for must be its owner's only; those of the AWS tools are theirs.
fn private(path: &Path) -> Result<(), SinkError> {
    let mode = path.metadata().map(|found| found.permissions().mode()).unwrap_or_default();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let error = denied(format!("{} can be read by others (mode {:03o})", path.display(), mode & 0o777));
    Err(error.with_remedy(format!("chmod 600 {}", quoted(path))))
}

/// The lines of a section, without those of the sections around it.
fn section_of(text: &str, name: &str) -> Zeroizing<String> {
    let mut inside = false;
    let mut kept = Zeroizing::new(String::with_capacity(text.len()));
    for line in text.lines() {
        match line.trim().strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((section, _)) => inside = section.split_whitespace().eq(name.split_whitespace()),
            None if inside => {
                kept.push_str(line);
                kept.push('\n');
            }
            None => {}
        }
    }
    kept
}

/// `NAME = value` lines; comments begin with `#` or `;`. Indented lines belong to nested settings, which hold no keys.
fn assignments(text: &str) -> BTreeMap<String, Secret<String>> {
    let lines = text.lines().filter(|line| !line.starts_with(['#', ';', ' ', '\t']));
    let pairs = lines.filter_map(|line| line.split_once('='));
    let pair = |(name, value): (&str, &str)| (name.trim().to_owned(), value.trim().to_owned());
    pairs.map(pair).filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, Secret::new(value))).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn shown(found: &Credentials) -> (String, String, Option<String>) {
        let token = found.session_token.as_ref().map(|token| token.expose().clone());
        (found.access_key.clone(), found.secret_key.expose().clone(), token)
    }

    fn with(pairs: &[(&str, String)]) -> impl Fn(&str) -> Option<String> {
        let map: BTreeMap<String, String> = pairs.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect();
        move |name| map.get(name).cloned()
    }

    #[test]
    fn the_environment_is_whole_or_refused() {
        let whole = [(ACCESS_KEY, "id".to_owned()), (SECRET_KEY, "hunter2".to_owned()), (SESSION_TOKEN, String::new())];
        let found = find(&CredentialSource::Environment, &with(&whole)).unwrap();
        assert_eq!(shown(&found), ("id".to_owned(), "hunter2".to_owned(), None), "an empty variable is not set");
        assert!(!format!("{found:?}").contains("hunter2"));
        let error = find(&CredentialSource::Environment, &with(&whole[..1])).unwrap_err();
        assert_eq!((error.kind, error.detail.as_str()), (SinkErrorKind::Denied, "AWS_SECRET_ACCESS_KEY is not set"));
        assert!(error.hint().is_some());
    }

    #[test]
    fn a_file_is_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s3.env");
        fs::write(&path, "# backups\nAWS_ACCESS_KEY_ID=id\nAWS_SECRET_ACCESS_KEY = a=b/c+ \nAWS_SESSION_TOKEN=t\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let source = CredentialSource::File(path.clone());
        let error = find(&source, &|_| None).unwrap_err();
        assert!(error.hint().unwrap().starts_with("chmod 600 "), "{error:?}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let found = find(&source, &|_| None).unwrap();
        assert_eq!(shown(&found), ("id".to_owned(), "a=b/c+".to_owned(), Some("t".to_owned())));
        fs::write(&path, "AWS_ACCESS_KEY_ID=id\nSECRET=hunter2").unwrap();
        let error = find(&source, &|_| None).unwrap_err();
        assert!(error.detail.ends_with("does not say AWS_SECRET_ACCESS_KEY") && !error.detail.contains("hunter2"));
        assert_eq!(find(&CredentialSource::File("/nowhere".into()), &|_| None).unwrap_err().kind, SinkErrorKind::NotFound);
    }

    #[test]
    fn profiles_are_read_as_the_aws_tools_read_them() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join(".aws")).unwrap();
        fs::write(
            home.path().join(".aws/credentials"),
            "[default]\naws_access_key_id=d\naws_secret_access_key=ds\n\n[ backup ] ; nightly\n# x\naws_access_key_id = b\n\
             aws_secret_access_key = bs\naws_session_token = bt\n[half]\naws_access_key_id=h\n",
        )
        .unwrap();
        fs::write(
            home.path().join(".aws/config"),
            "[profile other]\nregion=eu-north-1\ns3 =\n  max_concurrent_requests = 1\naws_access_key_id=o\naws_secret_access_key=os\n\
             [other]\naws_access_key_id=wrong\naws_secret_access_key=wrong\n[profile work]\nsso_session = corp\n",
        )
        .unwrap();
        let home = home.path().to_string_lossy().into_owned();
        let named = |name: &str| find(&CredentialSource::Profile(Some(name.to_owned())), &with(&[("HOME", home.clone())]));
        assert_eq!(shown(&named("backup").unwrap()), ("b".to_owned(), "bs".to_owned(), Some("bt".to_owned())));
        assert_eq!(shown(&named("other").unwrap()), ("o".to_owned(), "os".to_owned(), None));
        assert!(named("half").unwrap_err().detail.ends_with("does not say aws_secret_access_key"));
        assert!(named("work").unwrap_err().detail.contains("sso_session"));
        assert!(named("none").unwrap_err().hint().unwrap().contains("aws configure export-credentials"));
        let unnamed = |extra: &[(&str, String)]| {
            let all: Vec<_> = extra.iter().cloned().chain([("HOME", home.clone())]).collect();
            find(&CredentialSource::Profile(None), &with(&all)).map(|found| found.access_key)
        };
        assert_eq!(unnamed(&[]).unwrap(), "d");
        assert_eq!(unnamed(&[("AWS_PROFILE", "backup".to_owned())]).unwrap(), "b");
        let elsewhere = ("AWS_SHARED_CREDENTIALS_FILE", "/nowhere".to_owned());
        assert!(unnamed(&[elsewhere]).is_err());
    }
}
