//! Reads Apache's config: <https://httpd.apache.org/docs/2.4/configuring.html>.

use std::collections::HashMap;
use std::path::Path;

use super::site::{ServedSite, Server, ServerLog};
use super::tree::{ConfigFiles, Tree, in_folder};
use super::word::Word;
use crate::config::{FormatChoice, FormatDirective};

/// Returns the sites that Apache's config names. The last is the main server, without those of its logs that only others
/// write to.
pub(super) fn apache_sites(
    tree: &Tree,
    config: &str,
    remarks: &mut Vec<String>,
) -> Vec<ServedSite> {
    let folder = Path::new(config).parent().unwrap_or(Path::new("/"));
    let mut reader = ConfigReader {
        files: ConfigFiles::new(tree, remarks),
        server_root: folder.to_string_lossy().into_owned(),
        variables: variables(tree, folder),
        skipped: 0,
        formats: HashMap::new(),
        main: Section::new(),
        host: None,
        hosts: Vec::new(),
    };
    reader.read(&tree.path(config));
    let ConfigReader { formats, main, hosts, .. } = reader;
    let main_logs = main.logs(&formats);
    let mut sites: Vec<ServedSite> = hosts
        .into_iter()
        .map(|host| {
            let mut logs = host.logs(&formats);
            if logs.is_empty() {
                logs.clone_from(&main_logs);
            }
            ServedSite { logs, ..host.site }
        })
        .collect();
    if !main_logs.is_empty() {
        sites.push(ServedSite { logs: main_logs, ..main.site });
    }
    sites
}

/// Returns the variables that Debian's `envvars` beside the config sets.
fn variables(tree: &Tree, folder: &Path) -> HashMap<String, String> {
    let path = tree.path(&folder.join("envvars").to_string_lossy());
    let text = ConfigFiles::new(tree, &mut Vec::new()).open(&path).unwrap_or_default();
    let assigned =
        text.lines().filter_map(|line| line.trim().strip_prefix("export ")?.split_once('='));
    let value = |value: &str| value.trim_matches(['"', '\'']).replace("$SUFFIX", "");
    assigned.map(|(name, text)| (name.trim().to_owned(), value(text))).collect()
}

/// The main server or a virtual host.
struct Section {
    site: ServedSite,
    /// The arguments of each `CustomLog` and `TransferLog`: the path and the format.
    logs: Vec<(String, LogFormatArgument)>,
}

enum LogFormatArgument {
    /// The name of a `LogFormat`.
    Name(String),
    /// The directive that a format string stands for.
    Directive(String),
    /// The last `LogFormat` without a name.
    Unnamed,
}

impl Section {
    fn new() -> Section {
        Section { site: ServedSite::new(Server::Apache), logs: Vec::new() }
    }

    /// Returns the logs that have requests in them.
    fn logs(&self, formats: &HashMap<String, String>) -> Vec<ServerLog> {
        let log = |(path, argument): &(String, LogFormatArgument)| {
            let directive = match argument {
                LogFormatArgument::Name(name) => formats.get(name).cloned(),
                LogFormatArgument::Directive(directive) => Some(directive.clone()),
                LogFormatArgument::Unnamed => formats.get("").cloned(),
            };
            // cPanel's bytes_log holds no requests.
            let has_request = directive.as_ref().is_none_or(|directive| {
                ["%r", "%U", "%>r", "%<r"].iter().any(|item| directive.contains(item))
            });
            let format = directive.map_or_else(FormatChoice::default, |directive| {
                FormatChoice::FormatDirective(FormatDirective::Apache(directive))
            });
            has_request.then(|| ServerLog { path: path.clone(), format })
        };
        self.logs.iter().filter_map(log).collect()
    }
}

struct ConfigReader<'t> {
    files: ConfigFiles<'t>,
    server_root: String,
    variables: HashMap<String, String>,
    /// The depth of sections that are not in force.
    skipped: usize,
    /// The `LogFormat` directives by their names. The one without a name has an empty one.
    formats: HashMap<String, String>,
    main: Section,
    host: Option<Section>,
    hosts: Vec<Section>,
}

impl ConfigReader<'_> {
    fn read(&mut self, path: &Path) {
        let Some(text) = self.files.open(path) else { return };
        let mut unfinished = String::new();
        for line in text.lines() {
            match line.trim_end().strip_suffix('\\') {
                Some(start) => unfinished += start,
                None => {
                    let line = std::mem::take(&mut unfinished) + line;
                    self.line(line.trim());
                }
            }
        }
        self.files.close();
    }

    fn line(&mut self, line: &str) {
        if line.is_empty() || line.starts_with('#') {
            return;
        }
        if let Some(section) = line.strip_prefix("</") {
            self.end_section(section);
        } else if let Some(section) = line.strip_prefix('<') {
            self.start_section(section.trim_end_matches('>'));
        } else if self.skipped == 0 {
            self.directive(line);
        }
    }

    fn start_section(&mut self, section: &str) {
        let words = words(section);
        let name = words.first().map(|word| word.text.to_ascii_lowercase()).unwrap_or_default();
        let argument = words.get(1).map_or("", |word| &word.text);
        let is_defined = |name: &str| self.variables.contains_key(name);
        let is_in_force = match &*name {
            "ifmodule" => !argument.starts_with('!'),
            "ifdefine" => match argument.strip_prefix('!') {
                Some(name) => !is_defined(name),
                None => is_defined(argument),
            },
            "macro" => false,
            _ => true,
        };
        if self.skipped > 0 || !is_in_force {
            self.skipped += 1;
        } else if name == "virtualhost" {
            let mut host = Section::new();
            host.site.is_https = words.iter().any(|word| word.text.ends_with(":443"));
            self.host = Some(host);
        }
    }

    fn end_section(&mut self, section: &str) {
        if self.skipped > 0 {
            self.skipped -= 1;
        } else if section.to_ascii_lowercase().starts_with("virtualhost") {
            self.hosts.extend(self.host.take());
        }
    }

    fn directive(&mut self, line: &str) {
        let words = words(line);
        let Some((name, arguments)) = words.split_first() else { return };
        let text = |at: usize| arguments.get(at).map(|word| self.expanded(&word.text));
        let (first, second) = (text(0).unwrap_or_default(), text(1));
        let section = self.host.as_mut().unwrap_or(&mut self.main);
        match &*name.text.to_ascii_lowercase() {
            "serverroot" => self.server_root = first,
            "define" => drop(self.variables.insert(first, second.unwrap_or_default())),
            "include" | "includeoptional" => {
                for path in self.files.included(&in_folder(&self.server_root, &first)) {
                    self.read(&path);
                }
            }
            "servername" => section.site.add_name(host_name(&first)),
            "serveralias" => {
                arguments.iter().for_each(|word| section.site.add_name(host_name(&word.text)));
            }
            "sslengine" => section.site.is_https |= first.eq_ignore_ascii_case("on"),
            "documentroot" => {
                section.site.document_root = Some(in_folder(&self.server_root, &first))
            }
            "logformat" => {
                drop(self.formats.insert(second.unwrap_or_default(), line.to_owned()));
            }
            "customlog" => {
                let argument = match arguments.get(1) {
                    Some(word) if word.text.contains('%') => {
                        LogFormatArgument::Directive(format!("LogFormat {}", word.raw))
                    }
                    Some(word) => LogFormatArgument::Name(word.text.clone()),
                    None => LogFormatArgument::Unnamed,
                };
                let path = log_path(&first).map(|path| in_folder(&self.server_root, &path));
                section.logs.extend(path.map(|path| (path, argument)));
            }
            "transferlog" => {
                let path = log_path(&first).map(|path| in_folder(&self.server_root, &path));
                section.logs.extend(path.map(|path| (path, LogFormatArgument::Unnamed)));
            }
            _ => {}
        }
    }

    /// Returns a text with the values of its `${variables}`.
    fn expanded(&self, text: &str) -> String {
        let mut expanded = text.to_owned();
        for (name, value) in &self.variables {
            expanded = expanded.replace(&format!("${{{name}}}"), value);
        }
        expanded
    }
}

/// Splits a line at spaces outside of quotes.
fn words(line: &str) -> Vec<Word> {
    let (mut words, mut rest) = (Vec::new(), line.trim());
    while let Some(first) = rest.chars().next() {
        let quote = Some(first).filter(|first| matches!(first, '"' | '\''));
        let (mut text, mut end) = (String::new(), rest.len());
        let mut chars = rest.char_indices().skip(usize::from(quote.is_some()));
        while let Some((at, c)) = chars.next() {
            match (c, quote) {
                ('\\', Some(_)) => text.extend(chars.next().map(|(_, escaped)| escaped)),
                (c, Some(quote)) if c == quote => {
                    end = at + 1;
                    break;
                }
                (c, None) if c.is_whitespace() => {
                    end = at;
                    break;
                }
                (c, _) => text.push(c),
            }
        }
        words.push(Word { text, raw: rest[..end].to_owned() });
        rest = rest[end..].trim_start();
    }
    words
}

/// Returns the host in `https://example.org:443`.
fn host_name(text: &str) -> &str {
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    text.split_once(':').map_or(text, |(host, _)| host)
}

/// Returns the path of a log, or the pattern of the files that a piped program such as rotatelogs writes. `None` for a
/// program that names no file, and for a remote log.
fn log_path(argument: &str) -> Option<String> {
    let Some(command) = argument.strip_prefix('|') else {
        return (!argument.starts_with("syslog")).then(|| argument.to_owned());
    };
    let command = command.trim_start_matches(['$', '|']);
    let file = command.split_whitespace().skip(1).find(|word| word.starts_with('/'))?;
    let (mut pattern, mut is_percent) = (String::new(), false);
    for c in file.chars() {
        match (is_percent, c) {
            (false, '%') => is_percent = true,
            (true, _) => {
                is_percent = false;
                if !pattern.ends_with('*') {
                    pattern.push('*');
                }
            }
            (false, c) => pattern.push(c),
        }
    }
    // Without a time in its name, rotatelogs appends one.
    Some(if pattern.contains('*') { pattern } else { pattern + ".*" })
}
