//! Tests of terms that the query tells, as in the addresses of Joomla, MediaWiki, phpBB and WordPress.

use crate::program::{Site, line};

/// Ingests requests of an agent, and returns the terms with their pings, as `title 2`.
fn terms(rules: &str, targets: &[&str]) -> Vec<String> {
    let site = Site::new(&format!("[[logs]]\npaths = [\"access.log\"]\n{rules}"));
    let request = |target: &&str| line("20/May/2026:10:00:00 +0000", target, 200, "GPTBot/1.2");
    site.write("access.log", targets.iter().map(request).collect::<String>());
    site.succeed(&["ingest"]);
    site.succeed(&["check"]);
    let connection = rusqlite::Connection::open(site.path("guestbook.db")).unwrap();
    let query = "SELECT term || ' ' || sum(requests) FROM pings_by_name WHERE term != '' GROUP BY term ORDER BY term";
    let mut statement = connection.prepare(query).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn joomla() {
    let rules =
        "[[terms.query]]\npath = '^/(index\\.php)?$'\nparameter = \"id\"\nprefix = \"article \"\n";
    let found = terms(
        rules,
        &[
            "/index.php?option=com_content&view=article&id=46:about-us&catid=2",
            "/index.php?view=article&id=46:about-us&option=com_content",
            "/index.php?option=com_users&view=login",
            "/index.php",
            "/media/x.css?id=46",
        ],
    );
    assert_eq!(found, ["article 46:about-us 2"]);
}

#[test]
fn mediawiki() {
    // Short addresses and those of the script are the same page.
    let rules = "[terms]\npattern = '^/wiki/(?<term>.+)$'\n[[terms.query]]\npath = '^/w/index\\.php$'\nparameter = \"title\"\n";
    let found = terms(
        rules,
        &[
            "/wiki/Caf%C3%A9",
            "/w/index.php?title=Caf%C3%A9&action=raw",
            "/w/index.php?action=edit&title=Main_Page",
            "/w/index.php?title=Special:Search&search=x#top",
            "/w/load.php?title=Main_Page",
        ],
    );
    assert_eq!(found, ["Café 2", "Main_Page 1", "Special:Search 1"]);
}

#[test]
fn phpbb() {
    let rules = "[[terms.query]]\npath = '/viewtopic\\.php$'\nparameter = \"t\"\nprefix = \"topic \"\n\
                 [[terms.query]]\npath = '/viewforum\\.php$'\nparameter = \"f\"\nprefix = \"forum \"\n";
    let found = terms(
        rules,
        &[
            "/forum/viewtopic.php?f=2&t=123",
            "/forum/viewtopic.php?t=123&start=20&sid=0123456789abcdef",
            "/forum/viewforum.php?f=2",
            "/forum/ucp.php?mode=login",
        ],
    );
    assert_eq!(found, ["forum 2 1", "topic 123 2"]);
}

#[test]
fn plain_wordpress() {
    let rules = "[terms]\npattern = ['^/(?<term>[a-z-]+)/$', '^/archive/(?<term>[0-9]+)$']\n\
                 [[terms.query]]\npath = '^/$'\nparameter = \"p\"\n[[terms.query]]\npath = '^/$'\nparameter = \"page_id\"\nprefix = \"page \"\n";
    let found = terms(
        rules,
        &[
            "/?p=12",
            "/?page_id=12",
            "/?p=12&utm_source=chatgpt.com",
            "/?s=x",
            "/",
            "/about/",
            "/archive/7",
        ],
    );
    assert_eq!(found, ["12 2", "7 1", "about 1", "page 12 1"]);
}

#[test]
fn an_error_of_a_query_rule_names_it() {
    let site = Site::new("[[terms.query]]\npath = '('\nparameter = \"x\"\n");
    let result = site.run(&["check"]);
    assert_eq!(result.code, 1);
    assert!(
        result.stderr.contains("[[terms.query]] path is not a regular expression"),
        "{}",
        result.stderr
    );
    let log = line("20/May/2026:10:00:00 +0000", "/index.php?title=A", 200, "GPTBot/1.2");
    let site =
        Site::new("[[logs]]\npaths = [\"access.log\"]\n[terms]\npattern = '^/t/(?<term>.+)$'\n");
    site.write("access.log", log);
    let output = String::from_utf8(site.run(&["check"]).stdout).unwrap();
    assert!(output.contains("need [[terms.query]]"), "{output}");
}
