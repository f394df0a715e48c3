//! Proposes which of a site's pages could be terms.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::pages::taken;
use super::sample::{Requests, Sample};
use super::term_rule::{DATED_FOLDER, TermRule};
use crate::interner::Map;
use crate::pages::literal_pattern;

/// The fewest pages of one kind for which a rule is proposed.
const PAGES_MIN: usize = 3;

/// The most rules that are tried on the sample.
const CANDIDATES_MAX: usize = 24;

/// The most rules that are proposed.
const PROPOSALS_MAX: usize = 8;

/// The most proposals that are accepted unless the user chooses.
const DEFAULTS_MAX: usize = 4;

/// The smallest part of the agents' requests for pages that a proposal must take to be a default, in percent.
const DEFAULT_PERCENT: u64 = 5;

/// Folders of a site's machinery, whose files are no pages.
const TECHNICAL: [&str; 35] = [
    "wp-content",
    "wp-includes",
    "wp-admin",
    "wp-json",
    "wp-login.php",
    "wp-cron.php",
    "xmlrpc.php",
    "cgi-bin",
    "static",
    "assets",
    "api",
    "_next",
    "_nuxt",
    "_astro",
    ".well-known",
    "admin",
    "administrator",
    "login",
    "logout",
    "cart",
    "checkout",
    "account",
    "graphql",
    "cdn-cgi",
    "ajax",
    "js",
    "css",
    "img",
    "images",
    "fonts",
    "media",
    "uploads",
    "health",
    "metrics",
    "guestbook",
];

/// Folders of lists of pages, which change with the pages.
const LISTS: [&str; 14] = [
    "page",
    "tag",
    "tags",
    "category",
    "categories",
    "author",
    "authors",
    "search",
    "archive",
    "archives",
    "topics",
    "amp",
    "feed",
    "label",
];

/// Extensions of pages, which are no part of a term.
const EXTENSIONS: [&str; 10] =
    ["html", "htm", "php", "asp", "aspx", "jsp", "shtml", "json", "md", "txt"];

/// Parameters that tell no page apart, but a part, an order or a campaign.
const OTHER_PARAMETERS: [&str; 22] = [
    "page", "paged", "start", "offset", "limit", "sort", "order", "q", "s", "search", "query",
    "lang", "v", "ver", "ref", "format", "fbclid", "gclid", "action", "itemid", "sid", "view",
];

/// Parameters that usually tell pages, the most certain first: MediaWiki's, WordPress', phpBB's and others'.
const KNOWN_PARAMETERS: [&str; 8] = ["title", "p", "page_id", "t", "topic", "id", "article", "f"];

/// A rule that is proposed, with what it takes of the sample.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// A short form of the rule, such as `/blog/*`.
    pub label: String,
    pub rule: TermRule,
    /// The number of terms that it finds.
    pub terms: usize,
    pub requests: Requests,
    /// The most frequent terms.
    pub examples: Vec<String>,
    /// True if it is accepted unless the user chooses.
    pub is_default: bool,
}

/// Proposes term rules for the pages of a sample, those with the most requests of agents first.
pub fn proposals(sample: &Sample) -> Vec<Proposal> {
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    for (page, requests) in &sample.pages {
        if let Some((key, group_page)) = group_of(page) {
            groups.entry(key).or_default().add(group_page, *requests);
        }
    }
    let by_path = groups.iter().filter_map(|(key, group)| {
        let (label, rule) = group.rule(key)?;
        Some((group.requests, label, rule))
    });
    let mut candidates: Vec<_> = by_path.chain(query_rules(sample)).collect();
    // Only the largest are tried on the sample: a site may have a folder for each user.
    candidates.sort_by_key(|(requests, ..)| Reverse((requests.agents, requests.people)));
    candidates.truncate(CANDIDATES_MAX);
    let mut proposals: Vec<Proposal> = candidates
        .into_iter()
        .filter_map(|(_, label, rule)| proposal(sample, label, rule))
        .filter(|proposal| proposal.terms >= PAGES_MIN)
        .collect();
    proposals.sort_by(|one, other| {
        let key = |proposal: &Proposal| (proposal.requests.agents, proposal.requests.people);
        key(other).cmp(&key(one)).then_with(|| one.label.cmp(&other.label))
    });
    proposals.truncate(PROPOSALS_MAX);
    let mut total = Requests::default();
    sample.pages.values().for_each(|requests| total.add(*requests));
    // The guestbook is about agents, but a young log may have none.
    let weight =
        |requests: Requests| if total.agents > 0 { requests.agents } else { requests.people };
    let is_large = |proposal: &&mut Proposal| {
        let is_list = LISTS.iter().any(|list| proposal.label.starts_with(&format!("/{list}/")));
        !is_list && weight(proposal.requests) * 100 >= weight(total) * DEFAULT_PERCENT
    };
    let mut defaults: Vec<TermRule> = Vec::new();
    for proposal in proposals.iter_mut().filter(is_large) {
        let is_free = !defaults.iter().any(|rule| rule.conflicts_with(&proposal.rule));
        if is_free && defaults.len() < DEFAULTS_MAX {
            proposal.is_default = true;
            defaults.push(proposal.rule.clone());
        }
    }
    proposals
}

fn proposal(sample: &Sample, label: String, rule: TermRule) -> Option<Proposal> {
    const EXAMPLES: usize = 3;
    let terms = taken(sample, &[&rule]).ok()?.terms;
    let mut requests = Requests::default();
    terms.iter().for_each(|(_, other)| requests.add(*other));
    let examples = terms.iter().take(EXAMPLES).map(|(term, _)| term.clone()).collect();
    Some(Proposal { label, rule, terms: terms.len(), requests, examples, is_default: false })
}

/// Pages below one folder.
#[derive(Default)]
struct Group {
    /// The names of the pages directly in it.
    direct: BTreeSet<String>,
    /// The number of pages with these names, of which dated folders may have several.
    pages: usize,
    /// The number of pages further below.
    deeper: usize,
    /// The folders of lists in it.
    lists: BTreeSet<String>,
    requests: Requests,
}

/// A page in a group.
enum GroupPage {
    Direct(String),
    Deeper,
    /// A page of a list, in the folder of that name.
    List(String),
}

/// Returns the folder that a page belongs to, as a regular expression for its path with a slash at the end, and the page's
/// place in it. `None` for the home page and for what is no page.
fn group_of(page: &str) -> Option<(String, GroupPage)> {
    let segments: Vec<&str> = page.split('/').filter(|segment| !segment.is_empty()).collect();
    let (last, folders) = segments.split_last()?;
    let first = segments[0].to_ascii_lowercase();
    let is_odd = |segment: &&str| {
        segment.starts_with('.') || segment.chars().any(|c| c.is_control() || c == '<' || c == '\'')
    };
    if TECHNICAL.contains(&&*first) || segments.iter().any(is_odd) || last.starts_with("index.") {
        return None;
    }
    // Blogs put years, months and days before a page's name.
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let dates = folders.iter().take_while(|folder| is_number(folder)).count();
    if dates > 0 {
        let is_article = dates == folders.len() && !is_number(last);
        return is_article.then(|| (DATED_FOLDER.into(), GroupPage::Direct((*last).to_owned())));
    }
    let Some((first, deeper)) = folders.split_first() else {
        let is_list = LISTS.contains(last) || is_number(last);
        return (!is_list).then(|| ("/".into(), GroupPage::Direct((*last).to_owned())));
    };
    let key = format!("/{}/", literal_pattern(first));
    let place = match deeper.first() {
        Some(folder) if LISTS.contains(folder) => GroupPage::List((*folder).to_owned()),
        Some(_) => GroupPage::Deeper,
        None => GroupPage::Direct((*last).to_owned()),
    };
    Some((key, place))
}

impl Group {
    fn add(&mut self, page: GroupPage, requests: Requests) {
        self.requests.add(requests);
        match page {
            GroupPage::Direct(name) => {
                self.pages += 1;
                self.direct.insert(name);
            }
            GroupPage::Deeper => self.deeper += 1,
            GroupPage::List(folder) => drop(self.lists.insert(folder)),
        }
    }

    /// Returns the rule for the pages of a folder, with its label.
    fn rule(&self, folder: &str) -> Option<(String, TermRule)> {
        if self.direct.len() + self.deeper < PAGES_MIN {
            return None;
        }
        let is_deep = self.deeper * 4 > self.direct.len();
        let extensions: Vec<&str> = EXTENSIONS
            .into_iter()
            .filter(|extension| self.direct.iter().any(|name| has_extension(name, extension)))
            .collect();
        let extension = match extensions.as_slice() {
            [] => String::new(),
            [extension] => format!(r"(?:\.{extension})?"),
            extensions => format!(r"(?:\.(?:{}))?", extensions.join("|")),
        };
        let term = if is_deep { DEEP_NAME } else { self.name_pattern(&extensions) };
        let lists = self.lists.iter().filter(|_| is_deep);
        let lists = lists.map(|list| format!("^{folder}{}/", literal_pattern(list)));
        // The home page's other name, and the guestbook's own pages where the docs put them, are no terms.
        let own = (folder == "/").then(|| r"^/(?:guestbook/?|index\.[a-z]+)$".to_owned());
        let ignored = lists.chain(own);
        let plain = folder.replace(DATED_FOLDER, "/YEAR/…/").replace('\\', "");
        let label = format!("{plain}{}", if is_deep { "**" } else { "*" });
        // Articles of two days may have one name.
        let has_one_name_twice = self.pages > self.direct.len();
        let (folder, name) = match folder == DATED_FOLDER && has_one_name_twice {
            true => ("/".to_owned(), format!("(?:[0-9]+/)+{term}")),
            false => (folder.to_owned(), term.to_owned()),
        };
        let end = format!("{extension}/?");
        Some((label, TermRule::Path { folder, name, end, ignored: ignored.collect() }))
    }

    /// Returns the narrowest pattern that nearly all names fit, so that fewer addresses that visitors make up become terms.
    fn name_pattern(&self, extensions: &[&str]) -> &'static str {
        let names = || {
            self.direct.iter().map(|name| {
                let found = extensions.iter().find(|extension| has_extension(name, extension));
                found.map_or(name.as_str(), |extension| &name[..name.len() - extension.len() - 1])
            })
        };
        const PERCENT: usize = 95;
        let nearly_all = |is: &dyn Fn(char) -> bool| {
            let fitting = names().filter(|name| name.chars().all(is)).count();
            fitting * 100 >= self.direct.len() * PERCENT
        };
        if nearly_all(&|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
            "[a-z0-9-]+"
        } else if nearly_all(&|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')) {
            "[A-Za-z0-9_-]+"
        } else if nearly_all(&|c| c != '.') {
            "[^/.]+"
        } else {
            "[^/]+?"
        }
    }
}

fn has_extension(name: &str, extension: &str) -> bool {
    name.strip_suffix(extension).is_some_and(|start| start.len() > 1 && start.ends_with('.'))
}

/// A page in any folder below. Its last part has no dot, since parts of pages such as `style.css` have one.
const DEEP_NAME: &str = "(?:[^/]+/)*[^/.]+";

/// A parameter's name, and the requests for each of its values.
type Parameter<'s> = (&'s str, &'s Map<String, Requests>);

/// Returns a rule for each page whose query tells what it shows, with its label.
fn query_rules(sample: &Sample) -> Vec<(Requests, String, TermRule)> {
    let mut by_page: BTreeMap<&str, Vec<Parameter<'_>>> = BTreeMap::new();
    for ((page, name), values) in &sample.parameters {
        let name_in_lower_case = name.to_ascii_lowercase();
        let is_other = OTHER_PARAMETERS.contains(&&*name_in_lower_case)
            || name.starts_with("utm_")
            || page.contains(char::is_control)
            || name.contains(char::is_control);
        if values.len() >= PAGES_MIN && !is_other {
            by_page.entry(page).or_default().push((name, values));
        }
    }
    let rank = |name: &str| KNOWN_PARAMETERS.iter().position(|known| *known == name);
    let best = by_page.into_iter().filter_map(|(page, parameters)| {
        let best = parameters.into_iter().min_by_key(|(name, values)| {
            (rank(name).unwrap_or(usize::MAX), usize::MAX - values.len(), *name)
        });
        Some((page, best?))
    });
    best.map(|(page, (name, values))| {
        let is_number = values.keys().all(|value| value.bytes().all(|byte| byte.is_ascii_digit()));
        let (page, parameter) = (page.to_owned(), name.to_owned());
        let mut requests = Requests::default();
        values.values().for_each(|other| requests.add(*other));
        (requests, format!("{page}?{name}=*"), TermRule::Query { page, parameter, is_number })
    })
    .collect()
}
