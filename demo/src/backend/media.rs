//! Media requests: rows of a real table, read and written in the words of this release's schema.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::App;
use super::answer::Refusal;

/// How many rows a list shows, newest first.
const LISTED: i64 = 50;

pub(super) async fn list(State(app): State<Arc<App>>) -> Result<Json<Value>, Refusal> {
    let title = app.identity.release.schema.title_column();
    let select = format!(
        "SELECT id, {title}, status, to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')
         FROM media_requests ORDER BY id DESC LIMIT $1"
    );
    let (rows, total): (_, i64) = app
        .database
        .run("list", async |client| {
            let rows = client.query(&select, &[&LISTED]).await?;
            let total = client.query_one("SELECT count(*) FROM media_requests", &[]).await?;
            Ok((rows, total.get(0)))
        })
        .await?;
    let items: Vec<Value> = rows
        .iter()
        .map(|row| {
            let (id, title, status, created_at): (i64, &str, &str, &str) = (row.get(0), row.get(1), row.get(2), row.get(3));
            json!({ "id": id, "title": title, "status": status, "created_at": created_at })
        })
        .collect();
    Ok(Json(json!({ "items": items, "total": total })))
}

#[derive(Debug, Deserialize)]
pub(super) struct NewRequest {
    title: String,
}

pub(super) async fn create(
    State(app): State<Arc<App>>,
    Json(NewRequest { title }): Json<NewRequest>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    if title.trim().is_empty() {
        return Err(Refusal::BadRequest("the title is empty"));
    }
    let insert = format!("INSERT INTO media_requests ({}) VALUES ($1) RETURNING id", app.identity.release.schema.title_column());
    let id: i64 = app.database.run("insert", async |client| Ok(client.query_one(&insert, &[&title]).await?.get(0))).await?;
    app.metrics.media_requests.add(&["pending"], 1);
    Ok((StatusCode::CREATED, Json(json!({ "id": id, "title": title, "status": "pending" }))))
}
