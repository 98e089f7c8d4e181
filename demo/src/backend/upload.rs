//! Uploads: counted as they stream in, and kept under a safe name when asked to.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Json;
use axum::body::{Body, BodyDataStream};
use axum::extract::{Query, State};
use futures_util::TryStreamExt;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::fs::{self, File};
use tokio::io::{AsyncWrite, AsyncWriteExt, sink};

use super::App;
use super::answer::Refusal;

#[derive(Debug, Deserialize)]
pub(super) struct Parameters {
    store: Option<String>,
}

/// Bodies of any size: nothing is held but the piece that has just arrived.
pub(super) async fn receive(
    State(app): State<Arc<App>>,
    Query(Parameters { store }): Query<Parameters>,
    body: Body,
) -> Result<Json<Value>, Refusal> {
    let body = body.into_data_stream();
    let bytes = match &store {
        None => copy(body, sink()).await?,
        Some(name) if is_safe(name) => keep(body, &app.uploads, name).await?,
        Some(_) => return Err(Refusal::BadRequest("the name may hold letters, digits, dots, dashes and underscores")),
    };
    Ok(Json(json!({ "bytes": bytes, "stored": store })))
}

/// A name that stays inside its directory and is no hidden file.
fn is_safe(name: &str) -> bool {
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    (1..=100).contains(&name.len()) && !name.starts_with('.') && name.bytes().all(safe)
}

/// Writes beside the name first: half an upload never carries it.
async fn keep(body: BodyDataStream, directory: &Path, name: &str) -> Result<u64, Refusal> {
    static UPLOADS: AtomicU64 = AtomicU64::new(0);
    let part = directory.join(format!(".{name}.{}.part", UPLOADS.fetch_add(1, Ordering::Relaxed)));
    let written = async {
        let mut file = File::create(&part).await?;
        let bytes = copy(body, &mut file).await?;
        file.sync_all().await?;
        fs::rename(&part, directory.join(name)).await?;
        Ok(bytes)
    }
    .await;
    if written.is_err() {
        // It may never have been made; the error that counts is the one above.
        let _ = fs::remove_file(&part).await;
    }
    written
}

async fn copy(mut body: BodyDataStream, mut target: impl AsyncWrite + Unpin) -> Result<u64, Refusal> {
    let mut bytes = 0;
    while let Some(piece) = body.try_next().await.map_err(|_| Refusal::BadRequest("the body ended early"))? {
        target.write_all(&piece).await?;
        bytes += piece.len() as u64;
    }
    target.flush().await?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_file_names_are_safe() {
        for name in ["poster.png", "a", "2026-11-23_backup.tar.gz"] {
            assert!(is_safe(name), "{name}");
        }
        for name in ["", ".", "..", ".hidden", "../x", "a/b", "a\\b", "ä", &"x".repeat(101)] {
            assert!(!is_safe(name), "{name}");
        }
    }

    #[tokio::test]
    async fn an_upload_is_counted() {
        let body = Body::from(vec![7_u8; 300_000]).into_data_stream();
        assert_eq!(copy(body, sink()).await.unwrap(), 300_000);
    }
}
