//! As rolling, after a trial of one new replica with a share of the traffic.

use super::{Strategy, Trial};
use crate::model::Service;

/// One replica first, and then the others one by one: the trial has shown that they can be trusted, not that they are
/// many.
pub(in crate::plan) struct Canary<'a>(pub(in crate::plan) &'a Trial);

impl Strategy for Canary<'_> {
    fn batch(&self, _: &Service) -> usize {
        1
    }

    fn trial(&self) -> Option<&Trial> {
        Some(self.0)
    }
}
