-- A guestbook store, schema 8. docs/store.md explains it and has ten questions with their SQL.
--
-- Days are counted from 1970-01-01 in the site's time zone: date(day * 86400, 'unixepoch') shows one.
-- Times are seconds since the Unix epoch.

-- Single values: 'timezone' is the time zone of the site and never changes; 'state' changes with every commit;
-- 'pruned_to' is the last day that has the sum of days before it, if there is one.
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- The pages that have a history. Term 0 stands for all other paths that agents request.
CREATE TABLE term (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);
INSERT INTO term VALUES (0, '');

-- The user agents of agents; those of people are never stored. User agent 0 stands for requests without a user agent.
CREATE TABLE user_agent (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
);
INSERT INTO user_agent VALUES (0, '');

-- The agent that each user agent belongs to, by the catalogue of the last run. The program writes this table for SQL
-- users and never reads it: reports use the catalogue that is current when they are made.
CREATE TABLE agent_of (
    user_agent INTEGER PRIMARY KEY REFERENCES user_agent (id),
    agent TEXT,                     -- GPTBot; NULL if it is no longer considered an agent
    family TEXT,                    -- ChatGPT
    operator TEXT,                  -- OpenAI
    purpose TEXT                    -- training, ai-search, ai-assistant, search, seo ...
);

-- The form in which a page was requested: crawler, crawler_json ...; or another kind of file: robots.txt, feed ...
CREATE TABLE request_type (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

-- Whether a request really came from the agent that its user agent claims.
CREATE TABLE trust (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);
INSERT INTO trust VALUES (0, 'verified'), (1, 'impostor'), (2, 'unverifiable'), (3, 'unchecked');

-- Classes of HTTP status: 2xx, 304, other 3xx, 4xx, 5xx, and anything else.
CREATE TABLE status (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);
INSERT INTO status VALUES
    (0, 'ok'), (1, 'not_modified'), (2, 'redirect'), (3, 'client_error'), (4, 'server_error'), (5, 'unknown');

-- The sources that people came from: an AI product, search, own site, other site, none.
CREATE TABLE came_from (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

-- The days that logs cover. A day that is not in this table has no log, which is not the same as a day without pings.
CREATE TABLE coverage (
    day INTEGER PRIMARY KEY,
    lines INTEGER NOT NULL,         -- records of that day
    people INTEGER NOT NULL,        -- requests of people, for any path
    agents INTEGER NOT NULL         -- requests of agents with a user agent, for any path
);

-- Requests of agents, one row for each distinct combination. The config decides which of them count as pings: by
-- default those of a term (term != 0) with status ok or not_modified.
CREATE TABLE pings (
    day INTEGER NOT NULL REFERENCES coverage (day),
    term INTEGER NOT NULL REFERENCES term (id),
    user_agent INTEGER NOT NULL REFERENCES user_agent (id),
    request INTEGER NOT NULL REFERENCES request_type (id),
    trust INTEGER NOT NULL REFERENCES trust (id),
    status INTEGER NOT NULL REFERENCES status (id),
    requests INTEGER NOT NULL,
    bytes INTEGER NOT NULL,         -- total size of the responses
    first_seen INTEGER NOT NULL,    -- time of the first request
    PRIMARY KEY (day, term, user_agent, request, trust, status)
) WITHOUT ROWID;

-- Requests of agents that were redirected or answered with an error. A day has its most frequent rows, 200 to
-- 400; the requests of all others have the path '(other)', so the sums are exact and the numbers of rare paths may be too low.
CREATE TABLE failure (
    day INTEGER NOT NULL REFERENCES coverage (day),
    path TEXT NOT NULL,             -- without the query, at most 200 bytes
    user_agent INTEGER NOT NULL REFERENCES user_agent (id),
    code INTEGER NOT NULL,          -- the HTTP status: 404, 403, 301 ...
    requests INTEGER NOT NULL,
    PRIMARY KEY (day, path, user_agent, code)
) WITHOUT ROWID;

-- Requests of agents by hour of the day in the site's time zone, for the last 30 covered days.
CREATE TABLE hour (
    day INTEGER NOT NULL REFERENCES coverage (day),
    hour INTEGER NOT NULL,          -- 0 to 23
    user_agent INTEGER NOT NULL REFERENCES user_agent (id),
    requests INTEGER NOT NULL,
    PRIMARY KEY (day, hour, user_agent)
) WITHOUT ROWID;

-- Requests of people for terms.
CREATE TABLE views (
    day INTEGER NOT NULL REFERENCES coverage (day),
    term INTEGER NOT NULL REFERENCES term (id),
    came_from INTEGER NOT NULL REFERENCES came_from (id),
    views INTEGER NOT NULL,
    PRIMARY KEY (day, term, came_from)
) WITHOUT ROWID;

-- Imported counts from before there were logs ('pre-tracking' in reports). They have no day.
CREATE TABLE carried (
    term INTEGER NOT NULL REFERENCES term (id),
    family TEXT NOT NULL,
    pings INTEGER NOT NULL,
    PRIMARY KEY (term, family)
) WITHOUT ROWID;

-- The position up to which each log was read. A log is identified by its content, never by its name. Offsets count the
-- decoded bytes from the first one that is not NUL.
CREATE TABLE cursor (
    id INTEGER PRIMARY KEY,
    head_len INTEGER NOT NULL,      -- bytes at the start that head_hash covers
    head_hash INTEGER NOT NULL,     -- XXH3-64, like all hashes in this table
    offset INTEGER NOT NULL,        -- bytes read
    tail_hash INTEGER NOT NULL,     -- of the 256 bytes before offset
    line_hashes BLOB NOT NULL,      -- hashes of the head up to each of its line ends, 8 bytes each
    checkpoints BLOB NOT NULL,      -- offsets, each with a hash of the bytes before it, 8 bytes each
    lines INTEGER NOT NULL,         -- lines before offset
    first_line INTEGER NOT NULL,    -- lines at the start that were counted before as part of another log
    malformed INTEGER NOT NULL,     -- lines that are not records
    format TEXT,                    -- the format that was detected
    name TEXT NOT NULL,             -- the path where the log was last found; for display only, never compared
    seen INTEGER NOT NULL           -- the day on which the log was last found, up to 30 days too early
);
CREATE INDEX cursor_head ON cursor (head_hash);

-- Lines by which copies of a log are recognized: the first and last 8 of each log, one of 2 among its first 1,024, one
-- of 32 up to line 65,536, and one of 256 of the others. 16 bits of a hash do not identify an address: they stand for 65,000 addresses of version 4.
CREATE TABLE anchor (
    second INTEGER NOT NULL,        -- time of the request
    hash INTEGER NOT NULL,          -- XXH3 of the request without the address, 32 bits
    visitor INTEGER NOT NULL,       -- XXH3 of the address, 16 bits; 0 if it is masked
    cursor INTEGER NOT NULL REFERENCES cursor (id),
    line INTEGER NOT NULL,          -- lines before it in its log
    is_tail INTEGER NOT NULL,       -- 1 if it is replaced when more of the log is read
    PRIMARY KEY (second, hash, cursor, line)
) WITHOUT ROWID;
CREATE INDEX anchor_tail ON anchor (cursor) WHERE is_tail = 1;

-- The objects of buckets that were read to their end. One with the same size and entity tag is not downloaded again.
CREATE TABLE object (
    url TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    seen INTEGER NOT NULL           -- the day on which it was last listed
) WITHOUT ROWID;

-- The IP ranges that operators publish, one row per version of a list.
CREATE TABLE ip_list (
    url TEXT NOT NULL,
    first_day INTEGER NOT NULL,     -- the day on which the list was first fetched with this content
    last_day INTEGER NOT NULL,      -- the day on which it was last fetched with this content
    etag TEXT,                      -- the server's validators for the next request
    last_modified TEXT,
    networks TEXT NOT NULL,         -- one per line
    PRIMARY KEY (url, first_day)
) WITHOUT ROWID;

-- What the last 1,000 runs did.
CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    started INTEGER NOT NULL,
    milliseconds INTEGER NOT NULL,
    command TEXT NOT NULL,          -- nightly, ingest or rebuild
    version TEXT NOT NULL,          -- of the program
    exit_code INTEGER NOT NULL,
    lines INTEGER NOT NULL,         -- new lines: pings + views + other + blank + malformed
    bytes INTEGER NOT NULL,
    pings INTEGER NOT NULL,
    views INTEGER NOT NULL,
    other INTEGER NOT NULL,
    blank INTEGER NOT NULL,
    malformed INTEGER NOT NULL,
    sources TEXT NOT NULL,          -- JSON: the sources that had new lines or failed, at most 1,000
    warnings TEXT NOT NULL          -- JSON: the warnings, as texts
);

-- The pings with names instead of ids, for queries by hand.
CREATE VIEW pings_by_name AS
SELECT date(p.day * 86400, 'unixepoch') AS date, t.name AS term, a.agent, a.family, a.operator, a.purpose,
       r.name AS request, tr.name AS trust, s.name AS status, p.requests, p.bytes,
       datetime(p.first_seen, 'unixepoch') AS first_seen, u.text AS user_agent
FROM pings AS p
JOIN term AS t ON t.id = p.term
JOIN user_agent AS u ON u.id = p.user_agent
JOIN request_type AS r ON r.id = p.request
JOIN trust AS tr ON tr.id = p.trust
JOIN status AS s ON s.id = p.status
LEFT JOIN agent_of AS a ON a.user_agent = p.user_agent;
