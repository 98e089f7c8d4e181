//! Asks registries what they have by now, and gets what is due so that it can be looked at before it runs.
//!
//! Nothing that runs is touched: images come, and tags of images that are due move. What becomes of them is decided in
//! `plan::autoupdate`.

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, Utc};

use super::step::PULL_IDLE;
use crate::engine::{Engine, EngineError, ErrorKind};
use crate::model::{ImageId, ImageRef, Observed, ObservedImage, Stack};
use crate::plan::autoupdate::{self, Finding, Hold, Subject, Tried, Verdict};

/// What was found out about the images of a stack.
#[derive(Debug, Clone)]
pub struct Survey {
    /// By image.
    pub findings: Vec<Finding>,
    contents: BTreeMap<ImageId, ObservedImage>,
}

/// A failure of the registry is a finding; one of the engine is not.
fn unknown(error: EngineError) -> Result<Verdict, EngineError> {
    match error.kind {
        ErrorKind::Unreachable | ErrorKind::PermissionDenied | ErrorKind::NoSpace => Err(error),
        _ => Ok(Verdict::Unknown { error: error.to_string() }),
    }
}

impl Survey {
    /// Asks for every image that may be updated. Changes nothing.
    ///
    /// # Errors
    /// When the engine cannot be talked to; a registry that does not answer is a finding.
    pub async fn make(engine: &dyn Engine, stack: &Stack, observed: &Observed, tried: &Tried) -> Result<Self, EngineError> {
        let mut survey = Self { findings: Vec::new(), contents: BTreeMap::new() };
        for subject in autoupdate::subjects(stack, observed) {
            for id in &subject.runs {
                if !survey.contents.contains_key(id)
                    && let Some(content) = engine.image(&id.to_string()).await?
                {
                    survey.contents.insert(id.clone(), content);
                }
            }
            let contents = survey.contents_of(&subject);
            let (digest, verdict) = match autoupdate::exempt(&subject, &contents) {
                Some(verdict) => (None, verdict),
                None => match engine.digest_in_registry(&subject.image).await {
                    Ok(digest) => {
                        let verdict = autoupdate::judge(&subject, &contents, &digest, tried);
                        (Some(digest), verdict)
                    }
                    Err(error) => (None, unknown(error)?),
                },
            };
            survey.findings.push(Finding { subject, digest, verdict });
        }
        Ok(survey)
    }

    fn contents_of(&self, subject: &Subject) -> Vec<&ObservedImage> {
        subject.runs.iter().filter_map(|id| self.contents.get(id)).collect()
    }

    /// Whether an update is due.
    pub fn due(&self) -> bool {
        self.findings.iter().any(|f| f.verdict == Verdict::Due)
    }

    /// Gets what is due. What turns out to be younger than `min_age` at `now` waits, and its tag stays where it was: such an
    /// image is got by its digest first. With `together` all of it comes or none.
    ///
    /// # Errors
    /// When the engine cannot be talked to; a registry that does not give an image is a finding.
    pub async fn fetch(
        &mut self,
        engine: &dyn Engine,
        min_age: Duration,
        now: DateTime<Utc>,
        together: bool,
    ) -> Result<(), EngineError> {
        if !min_age.is_zero() {
            self.each_due(async |image, digest| by_digest(engine, image, digest, min_age, now).await).await?;
        }
        if together {
            autoupdate::together(&mut self.findings);
        }
        self.each_due(async |image, digest| by_tag(engine, image, digest).await).await?;
        if together {
            autoupdate::together(&mut self.findings);
        }
        Ok(())
    }

    async fn each_due(&mut self, look: impl AsyncFn(&ImageRef, &str) -> Result<Verdict, EngineError>) -> Result<(), EngineError> {
        for finding in self.findings.iter_mut().filter(|f| f.verdict == Verdict::Due) {
            if let Some(digest) = &finding.digest {
                finding.verdict = match look(&finding.subject.image, digest).await {
                    Ok(verdict) => verdict,
                    Err(error) => unknown(error)?,
                };
            }
        }
        Ok(())
    }

    /// What everything that is not due is held to, as the tags lead now.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn hold(&self, engine: &dyn Engine) -> Result<Hold, EngineError> {
        let mut tags = BTreeMap::new();
        for finding in &self.findings {
            let reference = finding.subject.image.to_string();
            if let Some(image) = engine.image(&reference).await? {
                tags.insert(reference, image);
            }
        }
        Ok(Hold::of(&self.findings, &self.contents, &tags))
    }
}

/// Gets the content itself, which moves no tag, and looks at its age.
async fn by_digest(
    engine: &dyn Engine,
    image: &ImageRef,
    digest: &str,
    min_age: Duration,
    now: DateTime<Utc>,
) -> Result<Verdict, EngineError> {
    let exact = image.at(digest);
    engine.pull(&exact, PULL_IDLE, &|_| ()).await?;
    let created = engine.image(&exact.to_string()).await?.and_then(|content| content.created);
    Ok(match autoupdate::old_enough(created, now, min_age) {
        true => Verdict::Due,
        false => Verdict::TooYoung { created, min_age: min_age.as_secs() },
    })
}

/// Gets the image by its tag, so that the name leads to what is going to run, and sees that it is what was looked at.
async fn by_tag(engine: &dyn Engine, image: &ImageRef, digest: &str) -> Result<Verdict, EngineError> {
    engine.pull(image, PULL_IDLE, &|_| ()).await?;
    let came = engine.image(&image.to_string()).await?;
    let known = came.map(|content| content.repo_digests).unwrap_or_default();
    let is_it = known.iter().any(|known| known.rsplit_once('@').is_some_and(|(_, known)| known == digest));
    Ok(if is_it { Verdict::Due } else { Verdict::MovedAgain })
}
