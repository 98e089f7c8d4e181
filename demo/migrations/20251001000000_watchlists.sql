-- v1.1.0. Only adds, so v1.0.0 goes on working beside it.
CREATE TABLE watchlist_items (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id    bigint REFERENCES users (id) ON DELETE CASCADE,
    request_id bigint NOT NULL REFERENCES media_requests (id) ON DELETE CASCADE,
    added_at   timestamptz NOT NULL DEFAULT now(),
    UNIQUE (user_id, request_id)
);
