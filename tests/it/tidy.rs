//! Holds what ARCHITECTURE.md and CONTRIBUTING.md claim about the code.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use quote::ToTokens;
use syn::visit::Visit;
use syn::{Attribute, Item, ItemUse, UseTree, Visibility};

use crate::program::root;

/// A longer function does not fit a screen.
const FUNCTION_LINES_MAX: usize = 60;

/// Unit tests count too.
const FILE_LINES_MAX: usize = 400;

/// Small crates, which any module may use. The table of ARCHITECTURE.md names the modules that use
/// each other dependency.
const SMALL_CRATES: [&str; 10] = [
    "anyhow",
    "foldhash",
    "hashbrown",
    "jiff",
    "memchr",
    "serde",
    "serde_json",
    "thiserror",
    "toml",
    "xxhash_rust",
];

/// A file below `src`.
struct Source {
    path: PathBuf,
    /// The names of the modules that lead to it.
    module: Vec<String>,
    text: String,
    /// The names of the types that it declares.
    types: Vec<String>,
    paths: Paths,
}

/// The files below `src`. Types and paths are those outside of unit tests.
static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(|| {
    let mut paths = Vec::new();
    collect(&root().join("src"), &mut paths);
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let mut file = syn::parse_file(&text).unwrap();
        file.items.retain(|item| !is_for_tests(attributes(item)));
        let path = path.strip_prefix(root().join("src")).unwrap().to_path_buf();
        let names = path.with_extension("");
        let mut module: Vec<String> =
            names.iter().map(|name| name.to_str().unwrap().to_owned()).collect();
        if module.last().is_some_and(|name| name == "mod" || name == "lib") {
            module.pop();
        }
        let mut paths = Paths::default();
        paths.visit_file(&file);
        let types = file.items.iter().filter_map(type_name).collect();
        Source { path, module, text, types, paths }
    };
    let sources: Vec<Source> = paths.into_iter().map(read).collect();
    assert!(sources.len() > 100, "{}", sources.len());
    sources
});

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

fn is_for_tests(attributes: &[Attribute]) -> bool {
    let is = |attribute: &Attribute| {
        attribute.path().is_ident("cfg") && attribute.to_token_stream().to_string().contains("test")
    };
    attributes.iter().any(is)
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Mod(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Const(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        _ => &[],
    }
}

impl Source {
    /// Returns the top-level module that the file belongs to.
    fn room(&self) -> &str {
        self.module.first().map_or("lib", String::as_str)
    }
}

/// Collects the paths that a file names, and the names that it re-exports.
#[derive(Default)]
struct Paths {
    used: Vec<Vec<String>>,
    /// A name with the path that it stands for.
    reexported: Vec<(String, Vec<String>)>,
}

impl<'s> Visit<'s> for Paths {
    fn visit_item_use(&mut self, item: &'s ItemUse) {
        let mut paths = Vec::new();
        flatten(&item.tree, &mut Vec::new(), &mut paths);
        match item.vis {
            Visibility::Inherited => self.used.extend(paths),
            _ => {
                let named = paths.into_iter().map(|path| (path.last().unwrap().clone(), path));
                self.reexported.extend(named);
            }
        }
    }

    // `pub(in crate::x)` uses nothing of it.
    fn visit_visibility(&mut self, _: &'s Visibility) {}

    fn visit_path(&mut self, path: &'s syn::Path) {
        let names: Vec<String> =
            path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if names.len() > 1 {
            self.used.push(names);
        }
        syn::visit::visit_path(self, path);
    }
}

fn flatten(tree: &UseTree, start: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    match tree {
        UseTree::Path(path) => {
            start.push(path.ident.to_string());
            flatten(&path.tree, start, paths);
            start.pop();
        }
        UseTree::Name(name) => paths.push([&start[..], &[name.ident.to_string()]].concat()),
        UseTree::Rename(rename) => paths.push([&start[..], &[rename.ident.to_string()]].concat()),
        UseTree::Glob(_) => paths.push(start.clone()),
        UseTree::Group(group) => group.items.iter().for_each(|tree| flatten(tree, start, paths)),
    }
}

/// Returns the name of a declared type.
fn type_name(item: &Item) -> Option<String> {
    let name = match item {
        Item::Struct(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

/// Finds the file that defines a name.
struct Resolver {
    paths: BTreeMap<&'static [String], &'static Paths>,
}

static RESOLVER: LazyLock<Resolver> = LazyLock::new(|| Resolver {
    paths: SOURCES.iter().map(|source| (&source.module[..], &source.paths)).collect(),
});

impl Resolver {
    /// Returns the module that defines what a path in `module` names, if that is one of ours.
    fn resolve(&self, module: &[String], path: &[String]) -> Option<Vec<String>> {
        let (first, mut rest) = path.split_first()?;
        let mut at = match &**first {
            "crate" => Vec::new(),
            "self" => module.to_vec(),
            "super" => module[..module.len().checked_sub(1)?].to_vec(),
            "guestbook" if module == ["main"] => Vec::new(),
            child => [module, &[child.to_owned()]].concat(),
        };
        while rest.first().is_some_and(|name| name == "super") {
            at.pop();
            rest = &rest[1..];
        }
        self.paths.get(&at[..])?;
        for name in rest {
            let child = [&at[..], std::slice::from_ref(name)].concat();
            if self.paths.contains_key(&child[..]) {
                at = child;
                continue;
            }
            let reexported = self.paths[&at[..]].reexported.iter().find(|(known, _)| known == name);
            return match reexported {
                Some((_, path)) => self.resolve(&at, path),
                None => Some(at),
            };
        }
        Some(at)
    }

    /// Returns the modules that a module uses.
    fn uses(&self, module: &[String]) -> BTreeSet<Vec<String>> {
        let used = self.paths[module].used.iter();
        used.filter_map(|path| self.resolve(module, path)).filter(|other| other != module).collect()
    }
}

/// A row of ARCHITECTURE.md's table: the modules that a module may use, and the crates at home in it.
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

#[test]
fn modules_use_exactly_what_the_table_says() {
    let table = table();
    let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in SOURCES.iter().filter(|source| source.room() != "lib") {
        let room = used.entry(source.room().to_owned()).or_default();
        let others = RESOLVER
            .uses(&source.module)
            .into_iter()
            .filter_map(|module| module.into_iter().next());
        room.extend(others.filter(|other| other != source.room()));
    }
    let modules =
        |names: &mut dyn Iterator<Item = &String>| names.cloned().collect::<BTreeSet<_>>();
    assert_eq!(modules(&mut used.keys()), modules(&mut table.keys()), "src/ and the table differ");
    for (module, used) in used {
        let (allowed, _) = &table[&module];
        if !allowed.contains("all") {
            assert_eq!(&used, allowed, "{module} uses the first, and the table says the second");
        }
    }
}

#[test]
fn no_files_use_each_other_in_a_cycle() {
    fn visit<'m>(
        module: &'m [String],
        edges: &'m BTreeMap<Vec<String>, BTreeSet<Vec<String>>>,
        done: &mut BTreeSet<&'m [String]>,
        path: &mut Vec<&'m [String]>,
    ) {
        if let Some(at) = path.iter().position(|seen| *seen == module) {
            let cycle: Vec<String> = path[at..].iter().map(|module| module.join("/")).collect();
            panic!("a cycle: {} → {}", cycle.join(" → "), module.join("/"));
        }
        if done.contains(module) {
            return;
        }
        path.push(module);
        for next in &edges[module] {
            visit(next, edges, done, path);
        }
        path.pop();
        done.insert(module);
    }
    let edges: BTreeMap<_, _> =
        RESOLVER.paths.keys().map(|module| (module.to_vec(), RESOLVER.uses(module))).collect();
    assert!(edges.values().map(BTreeSet::len).sum::<usize>() > 300, "uses are found");
    let mut done = BTreeSet::new();
    for module in edges.keys() {
        visit(module, &edges, &mut done, &mut Vec::new());
    }
}

/// Returns the names of all dependencies, as code writes them.
fn dependencies() -> BTreeSet<String> {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let manifest: toml::Table = toml::from_str(&manifest).unwrap();
    let names = manifest["dependencies"].as_table().unwrap().keys();
    names.map(|name| name.replace('-', "_")).collect()
}

#[test]
fn crates_are_used_only_where_the_table_says() {
    let table = table();
    for name in dependencies().iter().filter(|name| !SMALL_CRATES.contains(&name.as_str())) {
        let uses = |source: &&Source| {
            let reexported = source.paths.reexported.iter().map(|(_, path)| path);
            let child = [&source.module[..], &[(*name).clone()]].concat();
            let is_module = RESOLVER.paths.contains_key(&child[..]);
            let is_used = source.paths.used.iter().chain(reexported).any(|path| path[0] == **name);
            is_used && !is_module || source.text.contains(&format!("use ::{name}::"))
        };
        let users: BTreeSet<String> =
            SOURCES.iter().filter(uses).map(|source| source.room().to_owned()).collect();
        let homes: BTreeSet<String> = table
            .iter()
            .filter(|(_, (_, crates))| crates.contains(name))
            .map(|(module, _)| module.clone())
            .collect();
        assert_eq!(users, homes, "{name} is used in the first, and the table says the second");
    }
}

#[test]
fn no_two_types_have_one_name() {
    let mut places: BTreeMap<String, Vec<&Path>> = BTreeMap::new();
    for source in &*SOURCES {
        for name in &source.types {
            places.entry(name.clone()).or_default().push(&source.path);
        }
    }
    assert!(places.len() > 200, "{}", places.len());
    for (name, places) in places {
        assert!(places.len() == 1, "{name} is declared in {places:?}");
    }
}

#[test]
fn a_file_opens_with_one_sentence() {
    for Source { path, text, .. } in &*SOURCES {
        let opening: Vec<&str> = text
            .lines()
            .map_while(|line| line.strip_prefix("//!"))
            .map(str::trim)
            .take_while(|line| !line.is_empty())
            .collect();
        let sentence = opening.join(" ");
        assert!(sentence.ends_with('.') && sentence.len() > 15, "{}: {sentence:?}", path.display());
        assert!(!sentence.contains(". "), "{}: {sentence:?}", path.display());
    }
}

#[test]
fn documentation_says_what_is_returned_or_done() {
    const RIDDLES: [&str; 8] = ["What", "Whether", "Where", "Who", "Whose", "How", "Why", "By"];
    for Source { path, text, .. } in &*SOURCES {
        let mut is_first = true;
        let mut of_function = None;
        for line in text.lines().map(str::trim_start) {
            if let Some(doc) = line.strip_prefix("/// ") {
                if is_first {
                    of_function = Some(doc.to_owned());
                }
                is_first = false;
                continue;
            }
            is_first = true;
            if line.starts_with("#[") {
                continue;
            }
            if let Some(doc) = of_function.take().filter(|_| line.contains("fn ")) {
                let word = doc.split([' ', ',']).next().unwrap();
                assert!(!RIDDLES.contains(&word), "{}: {doc}", path.display());
            }
        }
    }
}

#[test]
fn files_and_functions_are_short() {
    for Source { path, text, .. } in &*SOURCES {
        let lines = text.lines().count();
        assert!(lines <= FILE_LINES_MAX, "{} has {lines} lines", path.display());
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        let mut start = None;
        for (at, line) in code.lines().enumerate() {
            let head = line.trim_start();
            let indent = line.len() - head.len();
            if is_function(head) {
                start = Some((at, indent, head));
            } else if let Some((from, at_indent, name)) = start
                && head == "}"
                && indent == at_indent
            {
                let lines = at - from;
                assert!(
                    lines <= FUNCTION_LINES_MAX,
                    "{}: {name} has {lines} lines",
                    path.display()
                );
                start = None;
            }
        }
    }
}

/// Returns whether a line begins a function of any visibility.
fn is_function(line: &str) -> bool {
    let words = line.split_once("fn ").map(|(before, _)| before);
    words.is_some_and(|words| {
        let mut words = words.split(' ').filter(|word| !word.is_empty());
        let known = ["pub", "const", "async", "unsafe", "extern"];
        words.all(|word| {
            known.contains(&word) || word.starts_with("pub(") || word.ends_with(')') || word == "in"
        })
    })
}

#[test]
fn functions_of_every_visibility_are_found() {
    for line in
        ["fn a() {", "pub fn a(", "pub(in crate::x) const fn a(", "pub(super) async fn a<T>("]
    {
        assert!(is_function(line), "{line}");
    }
    for line in ["let f = |a: fn (u8)| a;", "// a fn of it", "where F: Fn ("] {
        assert!(!is_function(line), "{line}");
    }
}

#[test]
fn file_names_say_what_is_inside() {
    for Source { path, .. } in &*SOURCES {
        for name in ["util", "common", "helper", "manager", "misc"] {
            assert!(!path.to_str().unwrap().contains(name), "{}", path.display());
        }
    }
}

#[test]
fn only_main_looks_at_the_clock() {
    for Source { path, text, .. } in SOURCES.iter().filter(|source| source.room() != "main") {
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        for clock in ["Timestamp::now", "Zoned::now", "SystemTime::now", "Instant::now"] {
            assert!(!code.contains(clock), "{}: {clock}", path.display());
        }
    }
}
