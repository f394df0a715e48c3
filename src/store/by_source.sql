-- The tables of a scan, in addition to those of a store: the counts of each source (its cursor's id) that do not fit into memory.

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
    first_seen INTEGER NOT NULL,
    PRIMARY KEY (source, day, term, user_agent, request, trust, status)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS source_views (
    source INTEGER NOT NULL,
    day INTEGER NOT NULL,
    term INTEGER NOT NULL,
    came_from INTEGER NOT NULL,
    views INTEGER NOT NULL,
    PRIMARY KEY (source, day, term, came_from)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS source_failure (
    source INTEGER NOT NULL,
    day INTEGER NOT NULL,
    path TEXT NOT NULL,
    user_agent INTEGER NOT NULL,
    code INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    PRIMARY KEY (source, day, path, user_agent, code)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS source_hour (
    source INTEGER NOT NULL,
    day INTEGER NOT NULL,
    hour INTEGER NOT NULL,
    user_agent INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    PRIMARY KEY (source, day, hour, user_agent)
) WITHOUT ROWID;
