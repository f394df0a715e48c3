//! Holds what ARCHITECTURE.md and the house rules claim of the code.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::program::root;

/// A function that does not fit a screen is two.
const FUNCTION_LINES_MAX: usize = 60;

/// A file longer than this is a smell; data and tests beside the code count.
const FILE_LINES_MAX: usize = 400;

/// The crates that are at home somewhere. The small ones (serde, thiserror, jiff, memchr, anyhow …) may
/// be used anywhere.
const HEAVY: [&str; 21] = [
    "ab_glyph",
    "aho_corasick",
    "bzip2",
    "encoding_rs",
    "encoding_rs_io",
    "lzma_rust2",
    "clap",
    "dejavu",
    "flate2",
    "glob",
    "nom",
    "plotters",
    "png",
    "polars",
    "quick_xml",
    "regex",
    "rusqlite",
    "strsim",
    "tokio",
    "woothee",
    "zstd",
];

/// Every Rust file below `src`, with its module and its text.
fn sources() -> Vec<(PathBuf, String, String)> {
    let mut files = Vec::new();
    collect(&root().join("src"), &mut files);
    files.sort();
    assert!(files.len() > 40, "{}", files.len());
    files
        .into_iter()
        .map(|path| {
            let within = path.strip_prefix(root().join("src")).unwrap().to_path_buf();
            let first = within.components().next().unwrap().as_os_str().to_str().unwrap();
            let module = first.trim_end_matches(".rs").to_owned();
            (within, module, fs::read_to_string(path).unwrap())
        })
        .collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
}

/// The code of a file without its unit tests and comments.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .map(|line| format!("{line}\n"))
        .collect()
}

/// A row of ARCHITECTURE.md's table: what the module may use, and the crates at home in it.
fn table() -> BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let names = |cell: &str| -> BTreeSet<String> {
        cell.split(',')
            .map(|name| name.trim().trim_matches('`').replace('-', "_"))
            .filter(|name| !name.is_empty())
            .collect()
    };
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    let table: BTreeMap<_, _> = rows
        .map(|row| {
            let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
            (cells[0].trim_matches('`').to_owned(), (names(cells[2]), names(cells[3])))
        })
        .collect();
    assert!(table.len() > 10, "{table:?}");
    table
}

/// The names behind `crate::` or at the start of a path, as far as text tells.
fn uses_module(code: &str, module: &str) -> bool {
    let direct = [
        format!("crate::{module}::"),
        format!("guestbook::{module}::"),
        format!("crate::{module};"),
    ];
    direct.iter().any(|path| code.contains(path.as_str()))
}

fn uses_crate(code: &str, name: &str) -> bool {
    let starts = [format!("use {name}::"), format!("use {name};")];
    let path = format!("{name}::");
    let inline = code.match_indices(&path).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
    });
    starts.iter().any(|start| code.contains(start.as_str())) || inline
}

#[test]
fn modules_use_only_what_the_table_allows() {
    let table = table();
    let modules: BTreeSet<String> = sources()
        .into_iter()
        .map(|(_, module, _)| module)
        .filter(|module| module != "lib")
        .collect();
    assert_eq!(modules, table.keys().cloned().collect(), "the table and src/ differ");
    for (path, module, text) in sources() {
        let code = code(&text);
        let Some((allowed, _)) = table.get(&module) else { continue };
        for other in modules.iter().filter(|other| **other != module) {
            let may = allowed.contains(other) || allowed.contains("all");
            assert!(
                may || !uses_module(&code, other),
                "{}: {module} must not use {other}",
                path.display()
            );
        }
    }
    for (module, (allowed, _)) in &table {
        let all: String = sources()
            .iter()
            .filter(|(_, of, _)| of == module)
            .map(|(_, _, text)| code(text))
            .collect();
        for other in allowed.iter().filter(|other| *other != "all") {
            assert!(
                uses_module(&all, other),
                "the table lets {module} use {other}, which it does not"
            );
        }
    }
}

#[test]
fn heavy_crates_stay_at_home() {
    let table = table();
    for name in HEAVY {
        let users: BTreeSet<String> = sources()
            .iter()
            .filter(|(_, _, text)| uses_crate(&code(text), name))
            .map(|(_, module, _)| module.clone())
            .collect();
        let homes: BTreeSet<String> = table
            .iter()
            .filter(|(_, (_, crates))| crates.contains(name))
            .map(|(module, _)| module.clone())
            .collect();
        assert_eq!(users, homes, "{name} is used in the first, and at home in the second");
    }
}

#[test]
fn what_the_compiler_cannot_check_is_in_one_place() {
    let users = sources().into_iter().filter(|(_, _, text)| code(text).contains("unsafe"));
    let users: Vec<PathBuf> = users.map(|(path, ..)| path).collect();
    assert_eq!(users, [PathBuf::from("prefetch.rs")]);
}

#[test]
fn a_file_opens_with_one_sentence() {
    for (path, _, text) in sources() {
        let opening: Vec<&str> = text.lines().take_while(|line| line.starts_with("//!")).collect();
        let first = opening.first().unwrap_or_else(|| panic!("{} says nothing", path.display()));
        let sentence = first.trim_start_matches("//!").trim();
        assert!(sentence.ends_with('.') && sentence.len() > 15, "{}: {sentence:?}", path.display());
        assert!(sentence.matches(". ").count() <= 1, "{}: {sentence:?}", path.display());
    }
}

#[test]
fn files_and_functions_are_short() {
    for (path, _, text) in sources() {
        let lines = text.lines().count();
        assert!(lines <= FILE_LINES_MAX, "{} has {lines} lines", path.display());
        let mut start = None;
        for (at, line) in code(&text).lines().enumerate() {
            let indent = line.len() - line.trim_start().len();
            let head = line.trim_start();
            let opens = [
                "fn ",
                "pub fn ",
                "pub(super) fn ",
                "pub(crate) fn ",
                "async fn ",
                "pub async fn ",
            ];
            if opens.iter().any(|open| head.starts_with(open)) {
                start = Some((at, indent, head.to_owned()));
            } else if let Some((from, at_indent, name)) = &start
                && head == "}"
                && indent == *at_indent
            {
                assert!(
                    at - from <= FUNCTION_LINES_MAX,
                    "{}: {name} has {} lines",
                    path.display(),
                    at - from
                );
                start = None;
            }
        }
    }
}

#[test]
fn no_file_is_a_bag() {
    for (path, ..) in sources() {
        for bag in ["util", "common", "helper", "manager", "misc"] {
            assert!(
                !path.to_str().unwrap().contains(bag),
                "{} says nothing of what it holds",
                path.display()
            );
        }
    }
}

#[test]
fn only_main_looks_at_the_clock() {
    for (path, module, text) in sources() {
        let code = code(&text);
        let looks = ["Timestamp::now", "Zoned::now", "SystemTime::now", "Instant::now"];
        assert!(
            module == "main" || looks.iter().all(|clock| !code.contains(clock)),
            "{}",
            path.display()
        );
    }
}
