//! Which images are due for an update that nobody asked for, and what every other one is held to meanwhile.
//!
//! Pure: what the registry answered, how late it is and what failed before are given. Refuses to update databases, and to let
//! anything but what is due change its image.

mod offer;
mod version;
mod window;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

pub use offer::{Follower, PROBE, comparable, followers, newest};
pub use version::{VersionError, newer};
pub use window::is_open;

use crate::model::{
    ImageId, ImageRef, Observed, ObservedContainer, ObservedImage, ProjectName, PullPolicy, Service, ServiceName, Stack,
    is_put_aside,
};

/// An image of the stack with the services that are made from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Subject {
    /// As the files name it.
    pub image: ImageRef,
    /// Its services.
    pub services: BTreeSet<ServiceName>,
    /// The content that they run: that of the first service first. More than one when an update came part of its way.
    pub runs: Vec<ImageId>,
    #[serde(skip)]
    never_pulled: bool,
}

/// What becomes of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// What runs is what the registry has.
    Current,
    /// The registry has something else, and nothing speaks against it.
    Due,
    /// The registry has something that was built a short while ago.
    TooYoung {
        /// When it was built; `None` when it does not say.
        created: Option<DateTime<Utc>>,
        /// How old it must be, in seconds.
        min_age: u64,
    },
    /// An update to just this content has failed.
    FailedBefore,
    /// The tag was moved once more while the image was looked at.
    MovedAgain,
    /// Another image of the same new version cannot be had yet.
    InCompany,
    /// It is a database.
    Database,
    /// The files name its content.
    Pinned,
    /// Its pull policy is `never`.
    NeverPulled,
    /// No container was made from it so far.
    NotDeployed,
    /// No registry knows it.
    BuiltHere,
    /// The registry did not say, or did not give it.
    Unknown {
        /// What went wrong.
        error: String,
    },
}

impl Verdict {
    /// Whether the registry has something else that is not taken now and may be taken later.
    pub fn waits(&self) -> bool {
        matches!(self, Self::TooYoung { .. } | Self::FailedBefore | Self::MovedAgain | Self::InCompany)
    }

    /// Whether it is never updated by itself.
    pub fn is_exempt(&self) -> bool {
        matches!(self, Self::Database | Self::Pinned | Self::NeverPulled | Self::NotDeployed | Self::BuiltHere)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Current => f.write_str("is what the registry has"),
            Self::Due => f.write_str("is due: the registry has another one"),
            Self::TooYoung { created: None, .. } => f.write_str("waits: the new one does not say when it was built"),
            Self::TooYoung { created: Some(created), min_age } => {
                let hours = Duration::from_secs(*min_age).as_secs_f64() / 3600.0;
                let built = created.format("%F %T UTC");
                match TimeDelta::try_seconds(i64::try_from(*min_age).unwrap_or(i64::MAX))
                    .and_then(|age| created.checked_add_signed(age))
                {
                    Some(when) => {
                        write!(
                            f,
                            "waits until {}: the new one was built at {built} and must be {hours:.1} h old",
                            when.format("%F %T UTC")
                        )
                    }
                    None => write!(f, "waits: the new one was built at {built} and must be {hours:.1} h old"),
                }
            }
            Self::FailedBefore => f.write_str("waits: the update to what the registry has now has failed"),
            Self::MovedAgain => f.write_str("waits: its tag was moved once more just now"),
            Self::InCompany => f.write_str("waits for the other images of its version"),
            Self::Database => f.write_str("is a database: never updated unasked"),
            Self::Pinned => f.write_str("is named by its digest: nothing to follow"),
            Self::NeverPulled => f.write_str("has the pull policy `never`"),
            Self::NotDeployed => f.write_str("is not deployed"),
            Self::BuiltHere => f.write_str("was built here: no registry knows it"),
            Self::Unknown { error } => write!(f, "could not be looked up: {error}"),
        }
    }
}

/// What was found out about an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The image.
    #[serde(flatten)]
    pub subject: Subject,
    /// The digest that the registry has for it, when it was asked and answered.
    pub digest: Option<String>,
    /// What becomes of it.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// The tool's containers of a service that are there to serve, or to do its job.
fn serving<'a>(
    project: &ProjectName,
    observed: &'a Observed,
    service: &Service,
    role: &str,
) -> impl Iterator<Item = &'a ObservedContainer> {
    let (project, name, role) = (project.clone(), service.name.clone(), role.to_owned());
    observed.containers.iter().filter(move |c| {
        c.is_of(&project) && !is_put_aside(&c.name) && c.role() == Some(&role) && c.service().as_ref() == Some(&name)
    })
}

/// The images of the stack, by name.
pub fn subjects(stack: &Stack, observed: &Observed) -> Vec<Subject> {
    let mut by_image: BTreeMap<&ImageRef, Vec<&Service>> = BTreeMap::new();
    for service in stack.services.values() {
        by_image.entry(&service.image).or_default().push(service);
    }
    let subject = |(image, services): (&ImageRef, Vec<&Service>)| {
        let content = |role: &str| {
            let mut found: Vec<ImageId> = Vec::new();
            for container in services.iter().flat_map(|service| serving(&stack.project, observed, service, role)) {
                if !found.contains(&container.image_id) {
                    found.push(container.image_id.clone());
                }
            }
            found
        };
        // A job's container tells only of the last time that the job had to run.
        let runs = Some(content("service")).filter(|found| !found.is_empty()).unwrap_or_else(|| content("job"));
        Subject {
            image: image.clone(),
            services: services.iter().map(|service| service.name.clone()).collect(),
            runs,
            never_pulled: services.iter().any(|service| service.pull_policy == PullPolicy::Never),
        }
    };
    by_image.into_iter().map(subject).collect()
}

/// Why an image is not followed, for whatever the registry has; `contents` is what runs of it.
pub fn exempt(subject: &Subject, contents: &[&ObservedImage]) -> Option<Verdict> {
    if subject.image.is_database() {
        return Some(Verdict::Database);
    }
    if subject.image.digest().is_some() {
        return Some(Verdict::Pinned);
    }
    if subject.never_pulled {
        return Some(Verdict::NeverPulled);
    }
    if subject.runs.is_empty() {
        return Some(Verdict::NotDeployed);
    }
    contents.iter().all(|content| content.repo_digests.is_empty()).then_some(Verdict::BuiltHere)
}

/// What becomes of an image for which the registry has `digest`.
pub fn judge(subject: &Subject, contents: &[&ObservedImage], digest: &str, tried: &Tried) -> Verdict {
    let is_it = |content: &ObservedImage| {
        content.repo_digests.iter().any(|known| known.rsplit_once('@').is_some_and(|(_, known)| known == digest))
    };
    if contents.len() == subject.runs.len() && contents.iter().all(|content| is_it(content)) {
        return Verdict::Current;
    }
    if tried.has_failed(&subject.image, digest) { Verdict::FailedBefore } else { Verdict::Due }
}

/// Whether something that was built at `created` may run at `now`.
pub fn old_enough(created: Option<DateTime<Utc>>, now: DateTime<Utc>, min_age: Duration) -> bool {
    // A clock that runs ahead makes an image younger than nothing.
    let age = |created| now.signed_duration_since(created).to_std().unwrap_or_default();
    min_age.is_zero() || created.is_some_and(|created| age(created) >= min_age)
}

/// The images of one version come together or not at all.
pub fn together(findings: &mut [Finding]) {
    let missing = findings.iter().any(|f| f.verdict.waits() || matches!(f.verdict, Verdict::Unknown { .. }));
    for finding in findings.iter_mut().filter(|f| missing && f.verdict == Verdict::Due) {
        finding.verdict = Verdict::InCompany;
    }
}

/// The digests whose update has failed, by image, so that none is tried twice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tried(BTreeSet<(String, String)>);

impl Tried {
    /// Whether the update to this content has failed.
    pub fn has_failed(&self, image: &ImageRef, digest: &str) -> bool {
        self.0.contains(&(image.to_string(), digest.to_owned()))
    }

    /// Notes that the update of an image to this content has failed.
    pub fn note(&mut self, image: &str, digest: &str) {
        self.0.insert((image.to_owned(), digest.to_owned()));
    }

    /// Notes that this content has come about since.
    pub fn succeeded(&mut self, image: &str, digest: &str) {
        self.0.remove(&(image.to_owned(), digest.to_owned()));
    }

    /// Adds what others know to have failed.
    pub fn join(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// Notes that the update to what was due has failed because of `culprit`; of all of it when nobody knows why, or when its
    /// parts belong `together`.
    pub fn failed(&mut self, findings: &[Finding], culprit: Option<&ServiceName>, together: bool) {
        let due = || findings.iter().filter(|f| f.verdict == Verdict::Due);
        let guilty = |f: &Finding| culprit.is_some_and(|service| f.subject.services.contains(service));
        let known = !together && due().any(guilty);
        for finding in due().filter(|f| !known || guilty(f)) {
            if let Some(digest) = &finding.digest {
                self.note(&finding.subject.image.to_string(), digest);
            }
        }
    }
}

/// What the images that are not due are held to: what runs stays, wherever their tags lead by now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hold {
    /// The content by reference, for references that lead elsewhere.
    pub pinned: BTreeMap<String, ImageId>,
    /// That content as the engine has it, by reference and by identity.
    pub images: BTreeMap<String, ObservedImage>,
}

impl Hold {
    /// Holds everything that is not due. `contents` is what runs, `tags` what the references lead to now.
    pub fn of(findings: &[Finding], contents: &BTreeMap<ImageId, ObservedImage>, tags: &BTreeMap<String, ObservedImage>) -> Self {
        let mut hold = Self::default();
        for Finding { subject, .. } in findings.iter().filter(|f| f.verdict != Verdict::Due) {
            let reference = subject.image.to_string();
            let leads_to = tags.get(&reference).map(|image| &image.id);
            let stays = subject.runs.iter().find(|id| Some(*id) == leads_to).or(subject.runs.first());
            if let Some(content) = stays.filter(|id| Some(*id) != leads_to).and_then(|id| contents.get(id)) {
                hold.pinned.insert(reference.clone(), content.id.clone());
                hold.images.insert(reference, content.clone());
                hold.images.insert(content.id.to_string(), content.clone());
            }
        }
        hold
    }

    /// Whether what is held is still what runs: somebody else may have deployed since.
    pub fn still_holds(&self, stack: &Stack, observed: &Observed) -> bool {
        let now = subjects(stack, observed);
        self.pinned
            .iter()
            .all(|(reference, id)| now.iter().any(|subject| subject.image.to_string() == *reference && subject.runs.contains(id)))
    }
}

#[cfg(test)]
mod tests;
