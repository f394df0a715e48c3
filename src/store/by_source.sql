-- The tables of a scan, in addition to those of a store: the counts of each source (its cursor's id) that do not fit into memory. Several rows
-- may have the same key.

CREATE TABLE IF NOT EXISTS source_pings (
    source INTEGER NOT NULL,
    day INTEGER NOT NULL,
    term INTEGER NOT NULL,
    user_agent INTEGER NOT NULL,
    request INTEGER NOT NULL,
    trust INTEGER NOT NULL,
    status INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    first_seen INTEGER NOT NULL
);

CREATE INDEX IF NOT EXISTS source_pings_of ON source_pings (source, day);

CREATE TABLE IF NOT EXISTS source_views (
    source INTEGER NOT NULL,
    day INTEGER NOT NULL,
    term INTEGER NOT NULL,
    came_from INTEGER NOT NULL,
    views INTEGER NOT NULL
);

CREATE INDEX IF NOT EXISTS source_views_of ON source_views (source, day);

CREATE TABLE IF NOT EXISTS source_failure (
    source INTEGER NOT NULL,
    day INTEGER NOT NULL,
    path TEXT NOT NULL,
    user_agent INTEGER NOT NULL,
    code INTEGER NOT NULL,
    requests INTEGER NOT NULL
);

CREATE INDEX IF NOT EXISTS source_failure_of ON source_failure (source, day);

CREATE TABLE IF NOT EXISTS source_hour (
    source INTEGER NOT NULL,
    day INTEGER NOT NULL,
    hour INTEGER NOT NULL,
    user_agent INTEGER NOT NULL,
    requests INTEGER NOT NULL
);

CREATE INDEX IF NOT EXISTS source_hour_of ON source_hour (source, day);
