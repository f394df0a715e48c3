//! Reads Caddy's config, the Caddyfile: <https://caddyserver.com/docs/caddyfile/concepts>.

use std::collections::HashMap;
use std::path::Path;

use super::site::{ServedSite, Server, ServerLog};
use super::tree::{ConfigFiles, Tree, in_folder};
use crate::config::FormatChoice;

/// The deepest imports and blocks within others that are read.
const DEPTH_MAX: usize = 32;

/// A line with the lines in its block.
#[derive(Clone, Default)]
struct ConfigLine {
    words: Vec<String>,
    has_block: bool,
    block: Vec<ConfigLine>,
}

impl ConfigLine {
    fn word(&self, at: usize) -> &str {
        self.words.get(at).map_or("", String::as_str)
    }

    fn find<'n>(&'n self, name: &'n str) -> impl Iterator<Item = &'n ConfigLine> {
        self.block.iter().filter(move |node| node.word(0) == name)
    }

    /// Returns the file that the block of a `log` names.
    fn log_file(&self) -> Option<&str> {
        let output = self.find("output").find(|node| node.word(1) == "file")?;
        Some(output.word(2)).filter(|path| !path.is_empty())
    }
}

/// Returns the sites that the Caddyfile names. A site without `log` has no log.
pub(super) fn caddy_sites(tree: &Tree, config: &str, remarks: &mut Vec<String>) -> Vec<ServedSite> {
    let folder =
        Path::new(config).parent().unwrap_or(Path::new("/")).to_string_lossy().into_owned();
    let mut importer = Importer {
        files: ConfigFiles::new(tree, remarks),
        folder: &folder,
        snippets: HashMap::new(),
    };
    let nodes = importer.load(&tree.path(config), 0);
    let nodes = importer.imported(nodes, 0);
    let default_log = nodes
        .iter()
        .filter(|node| node.words.is_empty())
        .flat_map(|options| options.find("log"))
        .find_map(ConfigLine::log_file);
    let sites = nodes.iter().filter(|node| !node.words.is_empty());
    sites.map(|node| site(node, default_log, &folder)).collect()
}

struct Importer<'t> {
    files: ConfigFiles<'t>,
    folder: &'t str,
    snippets: HashMap<String, Vec<ConfigLine>>,
}

impl Importer<'_> {
    fn load(&mut self, path: &Path, depth: usize) -> Vec<ConfigLine> {
        let Some(text) = self.files.open(path) else { return Vec::new() };
        self.files.close(); // What it imports is read later, at a limited depth.
        let mut nodes = parse_block(&mut text.lines(), 0);
        if depth == 0 {
            nodes = with_braces(nodes);
        }
        let name =
            |node: &ConfigLine| Some(node.word(0).strip_prefix('(')?.strip_suffix(')')?.to_owned());
        for node in nodes.extract_if(.., |node| name(node).is_some()) {
            self.snippets.extend(name(&node).map(|name| (name, node.block)));
        }
        nodes
    }

    /// Replaces each `import` by the snippet or the files that it names.
    fn imported(&mut self, nodes: Vec<ConfigLine>, depth: usize) -> Vec<ConfigLine> {
        let mut all = Vec::new();
        for mut node in nodes {
            if node.word(0) != "import" {
                node.block = self.imported(node.block, depth);
                all.push(node);
            } else if depth < DEPTH_MAX {
                let found = match self.snippets.get(node.word(1)) {
                    Some(snippet) => snippet.clone(),
                    None => {
                        let files = self.files.included(&in_folder(self.folder, node.word(1)));
                        files.iter().flat_map(|path| self.load(path, depth + 1)).collect()
                    }
                };
                all.extend(self.imported(found, depth + 1));
            }
        }
        all
    }
}

/// Parses lines up to the end of a block.
fn parse_block(lines: &mut dyn Iterator<Item = &str>, depth: usize) -> Vec<ConfigLine> {
    let mut nodes: Vec<ConfigLine> = Vec::new();
    let mut is_continued = false;
    while let Some(line) = lines.next() {
        let mut words = words(line);
        let has_block = words.last().is_some_and(|word| word == "{");
        match words.first().map(String::as_str) {
            None => continue,
            Some("}") => break,
            Some(_) if has_block => drop(words.pop()),
            Some(_) => {}
        }
        // A list of addresses goes on in the next line after a comma.
        let ends_with_comma = words.last().is_some_and(|word| word.ends_with(','));
        let is_read = has_block && depth < DEPTH_MAX;
        let block = if is_read { parse_block(lines, depth + 1) } else { Vec::new() };
        match nodes.last_mut().filter(|_| is_continued) {
            Some(node) => {
                node.words.extend(words);
                (node.has_block, node.block) = (has_block, block);
            }
            None => nodes.push(ConfigLine { words, has_block, block }),
        }
        is_continued = ends_with_comma && !has_block;
    }
    nodes
}

/// Splits a line at spaces outside of quotes, without its comment.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut rest) = (Vec::new(), line.trim_start());
    while let Some(first) = rest.chars().next().filter(|first| *first != '#') {
        let quoted = rest.strip_prefix(['"', '`']).and_then(|text| text.split_once(first));
        let plain = || rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let (word, after) = quoted.unwrap_or_else(plain);
        words.push(without_variables(word));
        rest = after.trim_start();
    }
    words
}

/// Returns a word with the default of each `{$VARIABLE:default}`, and `*` for those without one.
fn without_variables(word: &str) -> String {
    let (mut text, mut rest) = (String::new(), word);
    while let Some((before, after)) = rest.split_once("{$") {
        let (variable, after) = after.split_once('}').unwrap_or((after, ""));
        text += before;
        text += variable.split_once(':').map_or("*", |(_, default)| default);
        rest = after;
    }
    text + rest
}

/// Returns the only site of a file that is written without braces as one with them.
fn with_braces(nodes: Vec<ConfigLine>) -> Vec<ConfigLine> {
    let is_site = |node: &ConfigLine| {
        !node.words.is_empty() && !node.word(0).starts_with('(') && node.word(0) != "import"
    };
    let Some(at) = nodes.iter().position(is_site).filter(|at| !nodes[*at].has_block) else {
        return nodes;
    };
    let mut nodes = nodes;
    let block = nodes.split_off(at + 1);
    if let Some(site) = nodes.last_mut() {
        (site.has_block, site.block) = (true, block);
    }
    nodes
}

fn site(node: &ConfigLine, default_log: Option<&str>, folder: &str) -> ServedSite {
    let mut site = ServedSite::new(Server::Caddy);
    for address in node.words.iter().flat_map(|word| word.split(',')) {
        let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
        let host = rest.split('/').next().unwrap_or(rest);
        let (name, port) = host.rsplit_once(':').unwrap_or((host, ""));
        site.add_name(name);
        site.is_https |= scheme != "http" && port != "80" && !name.is_empty();
    }
    let roots =
        node.find("root").filter_map(|root| root.words.last().filter(|_| root.words.len() > 1));
    site.document_root = roots.last().map(|root| in_folder(folder, root));
    for log in node.find("log") {
        let file = log.log_file().or(default_log.filter(|_| log.find("output").next().is_none()));
        if let Some(path) = file {
            let log = ServerLog { path: in_folder(folder, path), format: FormatChoice::default() };
            site.add_log(log);
        }
    }
    site
}
