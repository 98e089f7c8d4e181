//! One snapshot of everything that decisions need, gathered in one round of concurrent calls.

use std::collections::BTreeSet;

use futures_util::{future::try_join_all, try_join};
use ipnet::Ipv4Net;

use super::{Engine, EngineError};
use crate::model::{ImageRef, Kept, Observed, ProjectName};

/// What of the engine is asked for.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Images whose presence and content matter.
    pub images: BTreeSet<ImageRef>,
    /// Subnets that the engine's host reaches otherwise, when they are known.
    pub host_routes: Vec<Ipv4Net>,
}

/// Looks at the engine once. Changes nothing. What the tool itself keeps there is added by `state`.
pub async fn observe(engine: &dyn Engine, project: &ProjectName, wanted: Wanted) -> Result<Observed, EngineError> {
    let images = try_join_all(wanted.images.iter().map(|image| async move {
        let reference = image.to_string();
        engine.image(&reference).await.map(|found| found.map(|image| (reference, image)))
    }));
    let (info, containers, networks, volumes, images) =
        try_join!(engine.info(), engine.containers(project), engine.networks(), engine.volumes(), images)?;
    Ok(Observed {
        engine: info,
        containers,
        networks: networks.into_iter().map(|n| (n.name.clone(), n)).collect(),
        host_routes: wanted.host_routes,
        volumes: volumes.into_iter().map(|v| (v.name.clone(), v)).collect(),
        images: images.into_iter().flatten().collect(),
        kept: Kept::default(),
    })
}
