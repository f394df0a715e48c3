//! Publishes the site's pages, with the data of their tables.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::parallel::map_chunks;
use crate::render::{
    self, OutputFormat, PAGES_ICON, PAGES_SCRIPT, PAGES_STYLE, PageData, PageFrame, PageLink,
    html_page, table_csv, table_json,
};
use crate::report::{
    Block, Cell, DataTable, Dimension, Document, LinkTarget, PagePings, SiteFacts, TermHistory,
};
use crate::site::{self, SiteView, TermList};

use super::embed::Embed;
use super::error::PublishError;
use super::feed::feed;
use super::index::write_index;
use super::links::{AGENTS_FOLDER, FAMILIES_FOLDER, SiteLinks, TERM_PAGES};
use super::publication::PublishOptions;
use super::term_files::{TERMS_FOLDER, TermNames, percent_encoded};
use super::writer::FileWriter;

/// The folder of the tables' data.
const DATA_FOLDER: &str = "data";

/// The days whose news are in the feed.
const FEED_DAYS: u16 = 30;

/// The terms on one page of their list.
const TERMS_PER_PAGE: usize = 100;

/// The pages of the site.
pub(super) struct SitePages<'p> {
    pub(super) view: SiteView<'p>,
    pub(super) options: PublishOptions<'p>,
    pub(super) links: SiteLinks<'p>,
    pub(super) names: &'p TermNames,
    /// The files that an earlier run has written.
    pub(super) own: &'p HashSet<PathBuf>,
}

/// The place of a page.
struct PagePlace {
    /// The path without its extension.
    path: String,
    /// The page of the navigation that it belongs to.
    current: &'static str,
    /// The pages for the same thing in other periods.
    periods: Vec<PageLink>,
}

/// A page that there is for each period.
type PageOfPeriod = fn(&SiteView<'_>, u16) -> Document;

/// A page that there is for each family or agent.
type PageOfPart = fn(&SiteView<'_>, &str, Vec<PagePings>) -> Document;

impl<'p> SitePages<'p> {
    /// Writes all pages but those of terms.
    pub(super) fn write(&self, writer: &mut FileWriter<'_>) -> Result<(), PublishError> {
        writer.write("pages.css".into(), PAGES_STYLE.as_bytes())?;
        writer.write("icon.svg".into(), PAGES_ICON.as_bytes())?;
        writer.write("pages.js".into(), PAGES_SCRIPT.as_bytes())?;
        let of_periods: [(&str, PageOfPeriod); 4] = [
            ("index", site::overview),
            ("agents", site::agents),
            ("requests", site::requests),
            ("people", site::people),
        ];
        for (name, page) in of_periods {
            for days in self.periods() {
                let place = PagePlace {
                    path: self.path_of(name, days),
                    current: current(name),
                    periods: self.period_links(name, days),
                };
                self.write_page(writer, &page(&self.view, days), &place)?;
            }
        }
        for (name, page) in
            [("unknown", site::unknown(&self.view)), ("coverage", site::coverage(&self.view))]
        {
            self.write_page(writer, &page, &PagePlace::new(name.into(), current(name)))?;
        }
        let query = self.options.query;
        let news = site::news(&self.view, FEED_DAYS);
        let feed = feed(&query.site, self.options.url, &news, query.today);
        writer.write("feed.xml".into(), feed.as_bytes())?;
        let lists = site::terms(&self.view);
        self.write_terms_list(writer, &lists)?;
        let (names, rules) = (self.names, self.view.rules);
        write_index(writer, &lists.all, &self.links, names, self.options.formats, rules)?;
        for (column, page) in
            [(Dimension::Family, site::family as PageOfPart), (Dimension::Agent, site::agent)]
        {
            self.write_parts(writer, column, page)?;
        }
        Ok(())
    }

    /// Returns the periods that have pages, the shortest first.
    fn periods(&self) -> Vec<u16> {
        let mut periods = self.options.periods.to_vec();
        periods.push(self.options.query.days);
        periods.sort_unstable();
        periods.dedup();
        periods
    }

    /// Returns the path of a page for a period, without its extension.
    fn path_of(&self, name: &str, days: u16) -> String {
        match days == self.options.query.days {
            true => name.to_owned(),
            false => format!("{name}-{days}"),
        }
    }

    fn period_links(&self, name: &str, current: u16) -> Vec<PageLink> {
        let link = |days: u16| PageLink {
            label: if days == 1 { "1 day".into() } else { format!("{days} days") },
            path: format!("{}.html", self.path_of(name, days)),
            is_current: days == current,
        };
        self.periods().into_iter().map(link).collect()
    }

    /// Writes a page, and its tables as CSV and JSON.
    fn write_page(
        &self,
        writer: &mut FileWriter<'_>,
        document: &Document,
        place: &PagePlace,
    ) -> Result<(), PublishError> {
        let data = format!("{DATA_FOLDER}/{}", place.path);
        for block in &document.blocks {
            if let Block::Table(table) = block {
                write_data(writer, &data, table, document)?;
            }
        }
        self.write_html(writer, document, place, PageData::Tables(data))
    }

    fn write_html(
        &self,
        writer: &mut FileWriter<'_>,
        document: &Document,
        place: &PagePlace,
        data: PageData,
    ) -> Result<(), PublishError> {
        let query = self.options.query;
        let html = html_page(
            document,
            &PageFrame {
                site: &query.site,
                root: if place.path.contains('/') { "../" } else { "" },
                current: place.current,
                periods: place.periods.clone(),
                data,
                today: query.today,
                timezone: &query.timezone,
                href: &|target| self.links.path(target),
            },
        );
        writer.write(PathBuf::from(format!("{}.html", place.path)), html.as_bytes())
    }

    /// Writes the pages of all families or agents, on all cores.
    fn write_parts(
        &self,
        writer: &mut FileWriter<'_>,
        column: Dimension,
        page: PageOfPart,
    ) -> Result<(), PublishError> {
        let parts = self.view.facts.divide(column);
        let mut parts: Vec<(&str, &SiteFacts<'_>, String)> = parts
            .iter()
            .filter_map(|(name, facts)| {
                let target = match column {
                    Dimension::Family => LinkTarget::Family(name.clone()),
                    _ => LinkTarget::Agent(name.clone()),
                };
                Some((&**name, facts, self.links.path(&target)?))
            })
            .collect();
        parts.sort_unstable_by(|one, other| one.2.cmp(&other.2));
        let most_read = self.view.books.most_read(column, site::ROWS_MAX);
        let write = |parts: &[(&str, &SiteFacts<'_>, String)]| -> Result<_, PublishError> {
            let mut writer = FileWriter::new(self.options.folder, self.own);
            for (name, facts, path) in parts {
                let pages = most_read.get(*name).cloned().unwrap_or_default();
                let document = page(&self.view.of_part(facts), name, pages);
                let place = PagePlace::new(without_extension(path).to_owned(), "agents.html");
                for format in [OutputFormat::Json, OutputFormat::Csv] {
                    let name = format!("{}.{}", place.path, format.extension());
                    writer.write(name.into(), &render::document(&document, format)?)?;
                }
                let files = [format!("{}.csv", place.path), format!("{}.json", place.path)];
                self.write_html(&mut writer, &document, &place, PageData::Page(files))?;
            }
            Ok(writer)
        };
        for part in map_chunks(&parts, 1, write) {
            writer.append(part?);
        }
        Ok(())
    }

    /// Writes the page of a term.
    pub(super) fn write_term(
        &self,
        writer: &mut FileWriter<'_>,
        history: &TermHistory<'_>,
        embed: &Embed<'_>,
    ) -> Result<(), PublishError> {
        let history = self.view.books.complete(history);
        let mut document = site::term(&self.view, &history, embed.report);
        let files = self.names.files(history.term, self.options.formats);
        let links = files.zip(self.options.formats).map(|(path, format)| {
            let path = percent_encoded(&path.display().to_string());
            (format.name(), Cell::Link(path.clone(), LinkTarget::File(path)))
        });
        document.blocks.insert(1, Block::Facts(links.collect()));
        let snippets = embed.snippets(&history, self.names);
        document
            .blocks
            .extend(snippets.into_iter().map(|(title, text)| Block::Snippet { title, text }));
        let Some(path) = self.links.path(&LinkTarget::Term(history.term.to_owned())) else {
            return Ok(());
        };
        let path = without_extension(&path).replace("%25", "%");
        let mut files = self.names.files(history.term, self.options.formats);
        let is_json = |format: &OutputFormat| *format == OutputFormat::Json;
        let json = self.options.formats.iter().position(is_json).and_then(|at| files.nth(at));
        let json = json.map(|path| percent_encoded(&path.display().to_string()));
        let place = PagePlace::new(path, "terms.html");
        self.write_html(writer, &document, &place, PageData::Inline { json })
    }

    /// Writes the list of terms, in pages.
    fn write_terms_list(
        &self,
        writer: &mut FileWriter<'_>,
        lists: &TermList,
    ) -> Result<(), PublishError> {
        let period = self.view.period(self.options.query.days);
        let document = |table: DataTable| Document {
            title: "Terms".into(),
            kind: "",
            from: period.from,
            to: period.to,
            blocks: vec![Block::Table(table)],
        };
        let data = format!("{DATA_FOLDER}/terms");
        for table in [&lists.all, &lists.never, &lists.long_not] {
            write_data(writer, &data, table, &document(table.clone()))?;
        }
        let count = lists.all.rows.len().div_ceil(TERMS_PER_PAGE).max(1);
        for at in 0..count {
            let from = at * TERMS_PER_PAGE;
            let to = (from + TERMS_PER_PAGE).min(lists.all.rows.len());
            let mut page = document(DataTable {
                rows: lists.all.rows[from..to].to_vec(),
                title: match count {
                    1 => lists.all.title.clone(),
                    _ => format!("Terms {} to {to} of {}", from + 1, lists.all.rows.len()),
                },
                ..lists.all.clone_head()
            });
            if at == 0 {
                let others = [&lists.never, &lists.long_not].into_iter();
                let others = others.filter(|table| !table.rows.is_empty());
                page.blocks.extend(others.cloned().map(Block::Table));
            }
            let place = PagePlace {
                path: list_path(at),
                current: "terms.html",
                periods: list_links(at, count),
            };
            self.write_html(writer, &page, &place, PageData::Tables(data.clone()))?;
        }
        Ok(())
    }
}

impl PagePlace {
    fn new(path: String, current: &'static str) -> PagePlace {
        PagePlace { path, current, periods: Vec::new() }
    }
}

/// Returns the path of a page without its extension.
fn without_extension(path: &str) -> &str {
    path.strip_suffix(".html").unwrap_or(path)
}

/// Returns the page of the navigation that a page belongs to.
fn current(name: &str) -> &'static str {
    let pages = crate::render::NAVIGATION.iter().map(|(path, _)| *path);
    pages.into_iter().find(|path| without_extension(path) == name).unwrap_or_default()
}

/// Returns the path of a page of the list of terms, without its extension.
fn list_path(at: usize) -> String {
    if at == 0 { "terms".into() } else { format!("terms-{}", at + 1) }
}

/// Returns links to the first, the last and the nearest pages of a list.
fn list_links(current: usize, count: usize) -> Vec<PageLink> {
    if count < 2 {
        return Vec::new();
    }
    let is_near = |at: &usize| *at == 0 || *at + 1 == count || at.abs_diff(current) <= 2;
    (0..count)
        .filter(is_near)
        .map(|at| PageLink {
            label: format!("{}", at + 1),
            path: format!("{}.html", list_path(at)),
            is_current: at == current,
        })
        .collect()
}

fn write_data(
    writer: &mut FileWriter<'_>,
    data: &str,
    table: &DataTable,
    document: &Document,
) -> Result<(), PublishError> {
    if table.rows.is_empty() {
        return Ok(());
    }
    let name = |extension: &str| {
        Path::new(&format!("{data}-{}", table.id)).with_added_extension(extension)
    };
    writer.write(name("csv"), &table_csv(table))?;
    writer.write(name("json"), &table_json(table, document.from, document.to))
}

/// The folders within the reports' folder that are the program's own.
pub(super) const OWN_FOLDERS: [&str; 5] =
    [TERMS_FOLDER, TERM_PAGES, FAMILIES_FOLDER, AGENTS_FOLDER, DATA_FOLDER];
