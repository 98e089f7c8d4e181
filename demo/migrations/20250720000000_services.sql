-- The services around the application, and what happened.
CREATE TABLE service_configs (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    service text NOT NULL UNIQUE,
    url     text NOT NULL,
    enabled boolean NOT NULL DEFAULT true
);

CREATE TABLE service_status (
    service    text PRIMARY KEY REFERENCES service_configs (service) ON DELETE CASCADE,
    healthy    boolean NOT NULL,
    latency_ms integer,
    checked_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE notifications (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id    bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    body       text NOT NULL,
    read_at    timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE error_logs (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    path       text NOT NULL,
    message    text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX error_logs_created_at ON error_logs (created_at);
