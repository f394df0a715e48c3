-- The tables of a scan, in addition to those of a store: the same counts, for each source (its cursor's id) apart.

CREATE TABLE source_coverage (
    source INTEGER NOT NULL,
    day INTEGER NOT NULL,
    lines INTEGER NOT NULL,
    people INTEGER NOT NULL,
    agents INTEGER NOT NULL,
    PRIMARY KEY (source, day)
) WITHOUT ROWID;

CREATE TABLE source_lines (
    source INTEGER PRIMARY KEY,
    lines INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    pings INTEGER NOT NULL,
    views INTEGER NOT NULL,
    other INTEGER NOT NULL,
    blank INTEGER NOT NULL,
    malformed INTEGER NOT NULL
);

CREATE TABLE source_pings (
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

CREATE TABLE source_views (
    source INTEGER NOT NULL,
    day INTEGER NOT NULL,
    term INTEGER NOT NULL,
    came_from INTEGER NOT NULL,
    views INTEGER NOT NULL,
    PRIMARY KEY (source, day, term, came_from)
) WITHOUT ROWID;

CREATE TABLE source_failure (
    source INTEGER NOT NULL,
    day INTEGER NOT NULL,
    path TEXT NOT NULL,
    user_agent INTEGER NOT NULL,
    code INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    PRIMARY KEY (source, day, path, user_agent, code)
) WITHOUT ROWID;

CREATE TABLE source_hour (
    source INTEGER NOT NULL,
    day INTEGER NOT NULL,
    hour INTEGER NOT NULL,
    user_agent INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    PRIMARY KEY (source, day, hour, user_agent)
) WITHOUT ROWID;
