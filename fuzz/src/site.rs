//! A site in a temporary folder, whose logs are ingested and published within the process.

use std::cell::RefCell;
use std::fs;
use std::path::PathBuf;

use guestbook::config::Settings;
use guestbook::day::Day;
use guestbook::format::Format;
use guestbook::night::{IngestOptions, ingest_logs, publish_site};
use guestbook::pipeline::{StopSignal, Summary};
use guestbook::store::Store;
use rusqlite::Connection;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

const CONFIG: &str = "
[[logs]]
paths = [\"access.log\"]
[terms]
pattern = '^/t/(?<term>.+)$'
[[request_types]]
name = \"crawler_json\"
query = 'format=json'
[reports]
formats = [\"html\", \"svg\", \"json\", \"csv\", \"md\", \"text\"]
";

/// A site with an empty store.
pub struct Site {
    folder: TempDir,
    settings: Settings,
    runtime: Runtime,
}

impl Site {
    fn new() -> Site {
        let folder = TempDir::new().unwrap();
        let config = toml::from_str(CONFIG).unwrap();
        let settings = Settings::new(config, folder.path().to_owned()).unwrap();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        Site { folder, settings, runtime }
    }

    /// Calls `test` with a site whose store and logs are empty. Sites are used again, since the catalogue takes long to
    /// compile.
    pub fn with<T>(test: impl FnOnce(&mut Site) -> T) -> T {
        thread_local!(static SITES: RefCell<Vec<Site>> = const { RefCell::new(Vec::new()) });
        let mut site = SITES.with_borrow_mut(Vec::pop).unwrap_or_else(Site::new);
        site.clear();
        let result = test(&mut site);
        SITES.with_borrow_mut(|sites| sites.push(site));
        result
    }

    fn clear(&mut self) {
        for entry in fs::read_dir(self.folder.path()).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
        }
        self.set_format(None);
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Sets the format of the log. `None` if it is detected.
    pub fn set_format(&mut self, format: Option<Format>) {
        self.settings.logs[0].format = format;
    }

    pub fn set_name(&mut self, name: &str) {
        name.clone_into(&mut self.settings.config.site.name);
    }

    /// Writes the log and ingests what is new.
    pub fn ingest(&self, log: &[u8]) -> Summary {
        fs::write(self.path("access.log"), log).unwrap();
        let logs = &self.settings.logs;
        let ingest = ingest_logs(&self.settings, logs, IngestOptions { threads: Some(1), ..IngestOptions::default() }, StopSignal::default(), today());
        let summary = self.runtime.block_on(ingest).unwrap().summary;
        assert!(summary.lines.is_balanced(), "{summary:?}");
        summary
    }

    /// Publishes all reports. Returns the name and the content of each file.
    pub fn publish(&self) -> Vec<(String, String)> {
        let store = Store::open_read_only(&self.path("guestbook.db"), "UTC").unwrap();
        publish_site(&self.settings, &store, today(), &Default::default()).unwrap();
        let (mut paths, mut folders) = (Vec::new(), vec![self.path("reports")]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { paths.push(path) }
            }
        }
        let read = |path: PathBuf| (path.display().to_string(), fs::read_to_string(path).unwrap());
        paths.into_iter().map(read).collect()
    }

    /// Returns the rows of pings, views and coverage, in order, as text.
    pub fn rows(&self) -> Vec<String> {
        let queries = [
            "SELECT printf('ping %d %s %s %s %d %d %d %d %d', day, term.name, user_agent.text, request_type.name,
                 trust, status, requests, bytes, first_seen)
             FROM pings JOIN term ON term.id = pings.term JOIN user_agent ON user_agent.id = pings.user_agent
                 JOIN request_type ON request_type.id = pings.request ORDER BY 1",
            "SELECT printf('view %d %s %d %d', day, term.name, came_from, views)
             FROM views JOIN term ON term.id = views.term ORDER BY 1",
            "SELECT printf('day %d %d %d %d', day, lines, people, agents) FROM coverage ORDER BY 1",
        ];
        let connection = Connection::open(self.path("guestbook.db")).unwrap();
        let rows = |query| -> Vec<String> {
            let mut statement = connection.prepare(query).unwrap();
            let rows = statement.query_map([], |row| row.get(0)).unwrap();
            rows.map(Result::unwrap).collect()
        };
        queries.into_iter().flat_map(rows).collect()
    }

    /// Returns the number of requests that are in the store: of people and of agents, for any path.
    pub fn stored(&self) -> u64 {
        let query = "SELECT coalesce(sum(lines), 0) FROM coverage";
        let connection = Connection::open(self.path("guestbook.db")).unwrap();
        connection.query_row(query, [], |row| row.get::<_, i64>(0)).unwrap() as u64
    }
}

fn today() -> Day {
    Day::parse("2026-05-20").expect("a date")
}
