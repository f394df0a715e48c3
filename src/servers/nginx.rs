//! Reads nginx's config: <https://nginx.org/en/docs/beginners_guide.html#conf_structure>.

use std::collections::HashMap;
use std::path::Path;

use super::site::{ServedSite, Server, ServerLog};
use super::tree::{ConfigFiles, Tree, in_folder};
use super::word::Word;
use crate::config::{FormatChoice, FormatDirective};

/// The deepest blocks within blocks that are read.
const BLOCK_DEPTH_MAX: usize = 64;

/// The log of servers whose config names none, as packages compile it in.
const DEFAULT_LOG: &str = "/var/log/nginx/access.log";

/// Blocks that don't serve HTTP.
const OTHER_PROTOCOLS: [&str; 2] = ["stream", "mail"];

/// A directive with its words, and the directives in its block.
struct Directive {
    words: Vec<Word>,
    block: Vec<Directive>,
}

impl Directive {
    fn name(&self) -> &str {
        self.word(0)
    }

    fn word(&self, at: usize) -> &str {
        self.words.get(at).map_or("", |word| &word.text)
    }
}

/// Returns the sites that nginx's config names.
pub(super) fn nginx_sites(tree: &Tree, config: &str, remarks: &mut Vec<String>) -> Vec<ServedSite> {
    let folder = Path::new(config).parent().unwrap_or(Path::new("/"));
    let folder = folder.to_string_lossy().into_owned();
    let mut files = ConfigFiles::new(tree, remarks);
    let directives = load(&mut files, &tree.path(config), &folder);
    // Relative logs belong to the prefix that nginx was built with: without a package, the folder above conf.
    let prefix = folder.strip_suffix("/conf").map(str::to_owned);
    let default = match &prefix {
        Some(prefix) => format!("{prefix}/logs/access.log"),
        None => DEFAULT_LOG.to_owned(),
    };
    let prefix = prefix.unwrap_or(folder);
    let mut walk = Walk { prefix, formats: HashMap::new(), sites: Vec::new() };
    walk.collect_formats(&directives);
    let default = ServerLog { path: default, format: FormatChoice::default() };
    walk.block(&directives, &[default], None);
    walk.sites
}

/// Parses a config file, with those that it includes in their place.
fn load(files: &mut ConfigFiles<'_>, path: &Path, folder: &str) -> Vec<Directive> {
    let Some(text) = files.open(path) else { return Vec::new() };
    let directives = parse_block(&mut Tokens { rest: &text }, 0);
    let directives = with_included(files, directives, folder);
    files.close();
    directives
}

fn with_included(
    files: &mut ConfigFiles<'_>,
    directives: Vec<Directive>,
    folder: &str,
) -> Vec<Directive> {
    let mut all = Vec::new();
    for mut directive in directives {
        if directive.name() == "include" {
            for path in files.included(&in_folder(folder, directive.word(1))) {
                all.extend(load(files, &path, folder));
            }
        } else {
            directive.block = with_included(files, directive.block, folder);
            all.push(directive);
        }
    }
    all
}

enum NginxToken {
    Word(Word),
    End,
    Open,
    Close,
}

struct Tokens<'t> {
    rest: &'t str,
}

impl Tokens<'_> {
    fn next(&mut self) -> Option<NginxToken> {
        loop {
            self.rest = self.rest.trim_start();
            match self.rest.strip_prefix('#') {
                Some(comment) => self.rest = comment.split_once('\n').map_or("", |(_, rest)| rest),
                None => break,
            }
        }
        let first = self.rest.chars().next()?;
        let token = match first {
            ';' => NginxToken::End,
            '{' => NginxToken::Open,
            '}' => NginxToken::Close,
            _ => return Some(NginxToken::Word(self.word(first))),
        };
        self.rest = &self.rest[1..];
        Some(token)
    }

    fn word(&mut self, first: char) -> Word {
        let quote = Some(first).filter(|first| matches!(first, '\'' | '"'));
        let mut text = String::new();
        let mut chars = self.rest.char_indices().skip(usize::from(quote.is_some())).peekable();
        let mut end = self.rest.len();
        while let Some((at, c)) = chars.next() {
            match (c, quote) {
                ('\\', _) => {
                    text.push('\\');
                    text.extend(chars.next().map(|(_, escaped)| escaped));
                }
                // `${name}` is part of a word.
                ('$', None) if chars.peek().is_some_and(|(_, next)| *next == '{') => {
                    text.push('$');
                    for (_, c) in chars.by_ref() {
                        text.push(c);
                        if c == '}' {
                            break;
                        }
                    }
                }
                (c, Some(quote)) if c == quote => {
                    end = at + 1;
                    break;
                }
                (c, None) if c.is_whitespace() || matches!(c, ';' | '{' | '}') => {
                    end = at;
                    break;
                }
                (c, _) => text.push(c),
            }
        }
        let raw = self.rest[..end].to_owned();
        self.rest = &self.rest[end..];
        Word { text, raw }
    }
}

/// Parses the directives up to the end of a block. What is unfinished at the end is left out.
fn parse_block(tokens: &mut Tokens<'_>, depth: usize) -> Vec<Directive> {
    let (mut directives, mut words) = (Vec::new(), Vec::new());
    while let Some(token) = tokens.next() {
        let block = match token {
            NginxToken::Word(word) => {
                words.push(word);
                continue;
            }
            NginxToken::Close => break,
            NginxToken::End => Vec::new(),
            NginxToken::Open if depth < BLOCK_DEPTH_MAX => parse_block(tokens, depth + 1),
            NginxToken::Open => Vec::new(),
        };
        directives.push(Directive { words: std::mem::take(&mut words), block });
    }
    directives
}

/// Walks over the directives and collects sites.
struct Walk {
    /// The folder that relative paths of logs and documents belong to.
    prefix: String,
    /// The directive of each `log_format`, by its name.
    formats: HashMap<String, String>,
    sites: Vec<ServedSite>,
}

impl Walk {
    fn collect_formats(&mut self, directives: &[Directive]) {
        for directive in directives {
            if directive.name() == "log_format" {
                let words: Vec<&str> = directive.words.iter().map(|word| &*word.raw).collect();
                self.formats.insert(directive.word(1).to_owned(), words.join(" ") + ";");
            }
            self.collect_formats(&directive.block);
        }
    }

    /// Visits a block. `logs` and `root` are those of the block around it.
    fn block(&mut self, directives: &[Directive], logs: &[ServerLog], root: Option<&str>) {
        let own = self.logs(directives);
        let logs = own.as_deref().unwrap_or(logs);
        let root = value(directives, "root").or(root);
        for directive in directives {
            match directive.name() {
                "server" if !directive.block.is_empty() => {
                    self.server(&directive.block, logs, root)
                }
                name if OTHER_PROTOCOLS.contains(&name) => {}
                _ => self.block(&directive.block, logs, root),
            }
        }
    }

    fn server(&mut self, directives: &[Directive], logs: &[ServerLog], root: Option<&str>) {
        let mut site = ServedSite::new(Server::Nginx);
        site.document_root =
            value(directives, "root").or(root).map(|root| in_folder(&self.prefix, root));
        for directive in directives {
            let words = || directive.words.iter().skip(1).map(|word| &*word.text);
            match directive.name() {
                "server_name" => words().for_each(|name| site.add_name(name)),
                "listen" => {
                    site.is_https |= words().any(|word| matches!(word, "ssl" | "quic"))
                        || directive.word(1).ends_with(":443");
                }
                _ => {}
            }
        }
        let own = self.logs(directives);
        own.as_deref().unwrap_or(logs).iter().for_each(|log| site.add_log(log.clone()));
        for location in directives {
            self.add_logs_within(&location.block, &mut site);
        }
        self.sites.push(site);
    }

    fn add_logs_within(&self, directives: &[Directive], site: &mut ServedSite) {
        self.logs(directives).into_iter().flatten().for_each(|log| site.add_log(log));
        for directive in directives {
            self.add_logs_within(&directive.block, site);
        }
    }

    /// Returns the logs that a block itself names, none if they are off. `None` if it says nothing about logs.
    fn logs(&self, directives: &[Directive]) -> Option<Vec<ServerLog>> {
        let named: Vec<&Directive> =
            directives.iter().filter(|directive| directive.name() == "access_log").collect();
        let log = |directive: &&Directive| {
            let path = directive.word(1);
            let is_file = path != "off" && !path.starts_with("syslog:");
            is_file.then(|| ServerLog {
                path: in_folder(&self.prefix, &with_stars(path)),
                format: self.format(directive.word(2)),
            })
        };
        (!named.is_empty()).then(|| named.iter().filter_map(log).collect())
    }

    fn format(&self, name: &str) -> FormatChoice {
        match self.formats.get(name) {
            Some(directive) => {
                FormatChoice::FormatDirective(FormatDirective::Nginx(directive.clone()))
            }
            None => FormatChoice::default(),
        }
    }
}

fn value<'d>(directives: &'d [Directive], name: &str) -> Option<&'d str> {
    directives.iter().find(|directive| directive.name() == name).map(|directive| directive.word(1))
}

/// Returns a path with `*` in place of each variable.
fn with_stars(path: &str) -> String {
    let mut pattern = String::new();
    let mut chars = path.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '$' {
            pattern.push(c);
            continue;
        }
        pattern.push('*');
        let is_in_braces = chars.next_if_eq(&'{').is_some();
        while chars.next_if(|c| c.is_ascii_alphanumeric() || *c == '_').is_some() {}
        if is_in_braces {
            chars.next_if_eq(&'}');
        }
    }
    pattern
}
