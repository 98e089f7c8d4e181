//! Batch by batch, as the file says.

use super::Strategy;

/// The rule; every answer is the trait's own.
pub(in crate::plan) struct Rolling;

impl Strategy for Rolling {}
