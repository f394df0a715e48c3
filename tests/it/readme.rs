//! Tests that the examples in README.md and the links in the documents are correct.

use crate::program::{Site, root};

/// A command in README.md and its documented output.
struct Example {
    command: String,
    output: Vec<String>,
}

fn readme() -> String {
    std::fs::read_to_string(root().join("README.md")).unwrap()
}

/// Returns the commands in `console` blocks, each with the output below it.
fn examples() -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut is_in_block = false;
    for line in readme().lines() {
        match line {
            "```console" => is_in_block = true,
            "```" => is_in_block = false,
            line if is_in_block && line.starts_with("$ ") => {
                examples.push(Example { command: line[2..].to_owned(), output: Vec::new() });
            }
            line if is_in_block => examples.last_mut().unwrap().output.push(line.to_owned()),
            _ => {}
        }
    }
    examples
}

/// Splits a command line at spaces outside of double quotes.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in command.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words
}

/// Returns whether the output matches. A line `…` stands for any number of lines.
fn matches(expected: &[String], actual: &[&str]) -> bool {
    match (expected, actual) {
        ([], _) => actual.is_empty(),
        ([first, rest @ ..], _) if first == "…" => {
            (0..=actual.len()).any(|skipped| matches(rest, &actual[skipped..]))
        }
        ([first, rest @ ..], [line, more @ ..]) => first == line && matches(rest, more),
        _ => false,
    }
}

#[test]
fn examples_print_the_documented_output() {
    let site = Site::sample();
    site.succeed(&["nightly", "--quiet"]);
    let mut count = 0;
    for example in examples() {
        let words = words(&example.command);
        let args: Vec<&str> = match &words.iter().map(|word| &**word).collect::<Vec<_>>()[..] {
            ["guestbook", args @ ..] | ["cargo", "run", "--", args @ ..] => args.to_vec(),
            ["cargo", "test"] => continue,
            other => panic!("README has an unknown command: {other:?}"),
        };
        let output = site.succeed(&args);
        let lines: Vec<&str> = output.lines().collect();
        assert!(matches(&example.output, &lines), "{}:\n{output}", example.command);
        count += 1;
    }
    assert!(count >= 3, "README has only {count} examples");
}

#[test]
fn the_config_in_readme_is_valid() {
    let readme = readme();
    let start = readme.find("```toml\n").unwrap() + "```toml\n".len();
    let block = &readme[start..start + readme[start..].find("```").unwrap()];
    let config = block.replace("/var/log/nginx/access.log*", "access.log*");
    let site = Site::new(&config);
    site.write(
        "access.log",
        crate::program::line("20/May/2026:10:00:00 +0000", "/blog/one", 200, "GPTBot/1"),
    );
    site.succeed(&["nightly", "--quiet"]);
    assert_eq!(site.term("one", "2026-05-20")["total_pings"], 1);
}

#[test]
fn readme_lists_every_command() {
    let help = Site::plain().succeed(&["--help"]);
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands: Vec<&str> = commands
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .filter(|command| *command != "help")
        .collect();
    assert!(commands.len() >= 9, "{help}");
    for command in commands {
        assert!(
            readme().contains(&format!("| `guestbook {command}")),
            "README does not list {command}"
        );
    }
}

#[test]
fn the_example_config_has_every_key() {
    let text = std::fs::read_to_string(root().join("config.toml")).unwrap();
    let source = std::fs::read_to_string(root().join("src/config/file.rs")).unwrap();
    let keys = source.lines().filter_map(|line| line.trim().strip_prefix("pub ")?.split_once(':'));
    let keys: Vec<&str> = keys.map(|(key, _)| key).collect();
    assert!(keys.len() > 20, "{keys:?}");
    for key in keys {
        let patterns =
            [format!("{key} = "), format!("[{key}]"), format!("[[{key}]]"), format!(".{key}]")];
        assert!(
            patterns.iter().any(|pattern| text.contains(pattern)),
            "config.toml does not have {key}"
        );
    }
    // The commented-out keys must be valid too.
    let uncommented: String = text
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest)
                if rest.starts_with('[')
                    || rest.split_once(" = ").is_some_and(|(key, _)| !key.contains(' ')) =>
            {
                rest
            }
            _ => line,
        })
        .map(|line| format!("{line}\n"))
        .collect();
    assert_ne!(text, uncommented);
    let site = Site::sample();
    site.write("config.toml", uncommented);
    assert!(site.succeed(&["check"]).contains("1 of them from config"));
}

#[test]
fn every_relative_link_in_the_documents_is_valid() {
    let mut checked = 0;
    for name in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "docs/json.md",
        "docs/formats.md",
        "docs/performance.md",
    ] {
        let path = root().join(name);
        let text = std::fs::read_to_string(&path).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if !target.contains("://") {
                let linked = path.parent().unwrap().join(target.split('#').next().unwrap());
                assert!(linked.exists(), "{name} links {target}");
                checked += 1;
            }
        }
    }
    assert!(checked > 8);
}

#[test]
fn every_purpose_is_in_the_example_config_and_the_catalogue() {
    for name in ["config.toml", "src/agents/agents.toml"] {
        let text = std::fs::read_to_string(root().join(name)).unwrap();
        for purpose in guestbook::agents::Purpose::ALL {
            assert!(text.contains(&purpose.to_string()), "{name} does not mention {purpose}");
        }
    }
}

#[test]
fn the_policy_in_the_docs_has_the_hash_of_every_style() {
    use base64::Engine;
    use sha2::{Digest, Sha256};
    let site = Site::sample();
    site.succeed(&["nightly", "--quiet"]);
    let mut hashes = Vec::new();
    for page in ["terms/asyncio.html", "site.html"] {
        let text = std::fs::read_to_string(site.path("reports").join(page)).unwrap();
        assert!(!text.contains(" style=") && !text.contains("<script"), "{page}");
        for part in text.split("<style>").skip(1) {
            let style = part.split_once("</style>").unwrap().0;
            let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(style));
            hashes.push(format!("'sha256-{hash}'"));
        }
    }
    hashes.sort();
    hashes.dedup();
    let docs = std::fs::read_to_string(root().join("docs/deploy.md")).unwrap();
    let source = docs.split_once("style-src ").unwrap().1.split_once(';').unwrap().0;
    assert_eq!(source, format!("'self' {}", hashes.join(" ")), "docs/deploy.md");
}
