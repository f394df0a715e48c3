//! Renders a document as a page of HTML.

use std::fmt::Write;

use askama::Template;

use crate::day::Day;
use crate::report::{
    BarChart, Block, Cell, DataTable, Document, HeatColumn, HeatMap, LinkTarget, Series,
};

use super::super::escape::escape_html;
use super::super::html::GENERATOR;
use super::super::words::{count, counted, long_date, short_count};
use super::assets::PAGES_STYLE;
use super::bar_chart::{COLOURS, svg};
use super::cells::{self, bucket_words};
use super::page_data::{FileView, PageData};

/// The pages that every page links to, with their names.
pub const NAVIGATION: [(&str, &str); 7] = [
    ("index.html", "Overview"),
    ("terms.html", "Terms"),
    ("agents.html", "Agents"),
    ("unknown.html", "Unknown agents"),
    ("requests.html", "Requests"),
    ("people.html", "People"),
    ("coverage.html", "Coverage and runs"),
];

/// The number of shades of a heat map.
const SHADES: u64 = 5;

/// The surroundings of a document.
pub struct PageFrame<'f> {
    pub site: &'f str,
    /// The way to the folder of the pages: empty, or `../`.
    pub root: &'static str,
    /// The page of the navigation that this is or belongs to.
    pub current: &'f str,
    /// The other periods, or the other pages of a list.
    pub periods: Vec<PageLink>,
    pub data: PageData,
    pub today: Day,
    pub timezone: &'f str,
    /// Returns the path of a page from the folder of the pages.
    pub href: &'f dyn Fn(&LinkTarget) -> Option<String>,
}

/// A link to another period or page.
#[derive(Clone, Debug)]
pub struct PageLink {
    pub label: String,
    /// The path from the folder of the pages.
    pub path: String,
    pub is_current: bool,
}

#[derive(Template)]
#[template(path = "document.html", config = "src/render/templates/askama.toml")]
struct PageView<'p> {
    generator: &'static str,
    frame: &'p PageFrame<'p>,
    navigation: [(&'static str, &'static str); 7],
    head: String,
    title: &'p str,
    kind: &'p str,
    window: String,
    date: String,
    is_alone: bool,
    style: &'static str,
    blocks: Vec<BlockView>,
    /// The links to the page's numbers.
    files: Vec<(&'static str, String)>,
}

impl PageView<'_> {
    /// Returns the HTML of a table.
    fn table(&self, table: &TableView) -> String {
        let mut html = String::from("<table");
        let class = [table.class, if table.sortable { "sortable" } else { "" }].join(" ");
        if !class.trim().is_empty() {
            let _ = write!(html, " class=\"{}\"", class.trim());
        }
        html.push_str(">\n<thead><tr>");
        for (label, is_number) in &table.columns {
            let class = if *is_number { " class=\"n\"" } else { "" };
            let _ = write!(html, "<th scope=\"col\"{class}>{}</th>", label_html(label));
        }
        html.push_str("</tr></thead>\n<tbody>\n");
        for row in &table.rows {
            html.push_str("<tr>");
            for (at, cell) in row.iter().enumerate() {
                let (tag, scope) = if at == 0 { ("th", " scope=\"row\"") } else { ("td", "") };
                let class = match cell.class {
                    "" => String::new(),
                    class => format!(" class=\"{class}\""),
                };
                let sort = match &*cell.sort {
                    "" => String::new(),
                    value => format!(" data-v=\"{}\"", escape_html(value)),
                };
                let _ = write!(html, "<{tag}{scope}{class}{sort}>{}</{tag}>", cell.html);
            }
            html.push_str("</tr>\n");
        }
        html + "</tbody></table>"
    }
}

/// Returns the text of a header. Those of a heat map are set upright, so they are spans.
fn label_html(label: &str) -> String {
    format!("<span><bdi>{}</bdi></span>", escape_html(label))
}

/// A part of a page. The HTML in it is escaped.
enum BlockView {
    Note {
        text: String,
    },
    Facts {
        rows: Vec<(&'static str, String)>,
    },
    Tiles {
        tiles: Vec<TileView>,
    },
    Chart {
        id: &'static str,
        title: String,
        svg: String,
        legend: Vec<(usize, String)>,
        has_gaps: bool,
        table: TableView,
    },
    Table {
        table: TableView,
    },
    Snippet {
        title: &'static str,
        lines: Vec<String>,
    },
}

struct TileView {
    label: String,
    pings: String,
    before: String,
}

struct TableView {
    id: &'static str,
    class: &'static str,
    title: String,
    note: String,
    columns: Vec<(String, bool)>,
    rows: Vec<Vec<CellView>>,
    more: String,
    files: Vec<FileView>,
    /// True if scripts may sort it.
    sortable: bool,
}

struct CellView {
    html: String,
    class: &'static str,
    /// The value to sort by, if the text is not that.
    sort: String,
}

/// Returns the page of a document.
pub fn html_page(document: &Document, frame: &PageFrame<'_>) -> String {
    render(document, frame, false)
}

/// Returns a document as a page that needs no other file.
pub(super) fn standalone(document: &Document) -> String {
    let frame = PageFrame {
        site: "AI Guestbook",
        root: "",
        current: "",
        periods: Vec::new(),
        data: PageData::None,
        today: document.to,
        timezone: "",
        href: &|target| match target {
            LinkTarget::Url(url) => safe_url(url),
            _ => None,
        },
    };
    render(document, &frame, true)
}

/// Returns the address if it is one that a page may link to.
pub(super) fn safe_url(url: &str) -> Option<String> {
    (url.starts_with("https://") || url.starts_with("http://")).then(|| url.to_owned())
}

fn render(document: &Document, frame: &PageFrame<'_>, is_alone: bool) -> String {
    let href = |target: &LinkTarget| match target {
        LinkTarget::Url(url) => safe_url(url),
        target => (frame.href)(target).map(|path| format!("{}{path}", frame.root)),
    };
    let view = PageView {
        generator: GENERATOR,
        frame,
        navigation: NAVIGATION,
        head: format!("{} · {}", document.title, frame.site),
        title: &document.title,
        kind: document.kind,
        window: format!("{} to {}", long_date(document.from), long_date(document.to)),
        date: match frame.timezone {
            "" => long_date(frame.today),
            zone => format!("{} ({zone})", long_date(frame.today)),
        },
        is_alone,
        style: PAGES_STYLE,
        files: match &frame.data {
            PageData::Page([csv, json]) => vec![
                ("CSV", format!("{}{csv}", frame.root)),
                ("JSON", format!("{}{json}", frame.root)),
            ],
            PageData::None | PageData::Tables(_) | PageData::Inline { .. } => Vec::new(),
        },
        blocks: document.blocks.iter().map(|block| block_view(block, frame, &href)).collect(),
    };
    view.render().expect("writing to a string can't fail")
}

fn block_view(
    block: &Block,
    frame: &PageFrame<'_>,
    href: &dyn Fn(&LinkTarget) -> Option<String>,
) -> BlockView {
    match block {
        Block::Note(text) => BlockView::Note { text: text.clone() },
        Block::Facts(rows) => {
            let rows = rows.iter().map(|(label, cell)| {
                let html = cells::html(cell, href);
                (*label, if html.is_empty() { "&#x2013;".into() } else { html })
            });
            BlockView::Facts { rows: rows.collect() }
        }
        Block::Tiles(tiles) => {
            let tiles = tiles.iter().map(|tile| TileView {
                label: tile.label.to_owned(),
                pings: cells::pings_words(tile),
                before: cells::change_words(tile),
            });
            BlockView::Tiles { tiles: tiles.collect() }
        }
        Block::Chart(chart) => BlockView::Chart {
            id: chart.id,
            title: chart.title.clone(),
            svg: svg(chart),
            legend: legend(&chart.series),
            has_gaps: chart.buckets.iter().any(|bucket| !bucket.covered),
            table: chart_table(chart),
        },
        Block::Heat(map) => BlockView::Table { table: heat_table(map, href) },
        Block::Table(table) => BlockView::Table { table: table_view(table, frame, href) },
        Block::Snippet { title, text } => {
            BlockView::Snippet { title, lines: text.lines().map(str::to_owned).collect() }
        }
    }
}

fn legend(series: &[Series]) -> Vec<(usize, String)> {
    let named = series.iter().enumerate().filter(|(_, series)| !series.name.is_empty());
    named.map(|(at, series)| (at % COLOURS, series.name.clone())).collect()
}

/// Returns the numbers behind a chart.
fn chart_table(chart: &BarChart) -> TableView {
    let mut columns = vec![("Days".to_owned(), false)];
    if chart.series.len() != 1 {
        columns.push((format!("{}s", chart.unit), true));
    }
    columns.extend(chart.series.iter().map(|series| match &*series.name {
        "" => (format!("{}s", chart.unit), true),
        name => (name.to_owned(), true),
    }));
    let number = |value: u64| CellView { html: count(value), class: "n", sort: String::new() };
    let rows = chart.buckets.iter().zip(chart.totals()).enumerate().map(|(at, (bucket, total))| {
        let words = bucket_words(bucket);
        let is_gap = !bucket.covered && total == 0;
        let words = if is_gap { format!("{words} (no log)") } else { words };
        let mut cells = vec![CellView { html: words, class: "", sort: String::new() }];
        if chart.series.len() != 1 {
            cells.push(number(total));
        }
        cells.extend(chart.series.iter().map(|series| number(series.values[at])));
        cells
    });
    TableView {
        id: chart.id,
        class: "",
        title: format!("{}, as a table", chart.title),
        note: String::new(),
        columns,
        rows: rows.collect(),
        more: String::new(),
        files: Vec::new(),
        sortable: false,
    }
}

/// Returns a heat map as a table whose cells are shaded.
fn heat_table(map: &HeatMap, href: &dyn Fn(&LinkTarget) -> Option<String>) -> TableView {
    const CLASSES: [&str; SHADES as usize + 1] = ["", "h1", "h2", "h3", "h4", "h5"];
    let largest = map.rows.iter().flat_map(|(_, values)| values).copied().max().unwrap_or(0).max(1);
    let cell = |(value, column): (&u64, &HeatColumn)| CellView {
        html: if *value == 0 { String::new() } else { short_count(*value) },
        class: match (value, column.covered) {
            (0, false) => "gap",
            _ => CLASSES[(value * SHADES).div_ceil(largest) as usize],
        },
        sort: String::new(),
    };
    let row = |(name, values): &(Cell, Vec<u64>)| {
        let name = CellView { html: cells::html(name, href), class: "", sort: String::new() };
        std::iter::once(name).chain(values.iter().zip(&map.columns).map(cell)).collect()
    };
    let first = std::iter::once((map.row_label.to_owned(), false));
    TableView {
        id: map.id,
        class: "heat",
        title: map.title.clone(),
        note: match map.columns.iter().all(|column| column.covered) {
            true => format!("The stronger the colour, the more {}s.", map.unit),
            false => {
                format!("The stronger the colour, the more {}s. Dotted days have no log.", map.unit)
            }
        },
        columns: first
            .chain(map.columns.iter().map(|column| (column.name.clone(), true)))
            .collect(),
        rows: map.rows.iter().map(row).collect(),
        more: String::new(),
        files: Vec::new(),
        sortable: false,
    }
}

fn table_view(
    table: &DataTable,
    frame: &PageFrame<'_>,
    href: &dyn Fn(&LinkTarget) -> Option<String>,
) -> TableView {
    let is_number = |at: usize| {
        let mut cells = table.rows.iter().map(|row| &row[at]).filter(|cell| **cell != Cell::Empty);
        cells.next().is_some_and(Cell::is_number)
    };
    let columns = table.columns.iter().enumerate();
    let cell = |cell: &Cell| CellView {
        html: cells::html(cell, href),
        class: if cell.is_number() { "n" } else { "" },
        sort: match cell {
            Cell::Count(number) if *number < 1000 => String::new(),
            Cell::Count(_) | Cell::Share { .. } | Cell::Change { .. } | Cell::Ratio { .. } => {
                cells::raw(cell)
            }
            _ => String::new(),
        },
    };
    TableView {
        id: table.id,
        class: "",
        title: table.title.clone(),
        note: table.note.clone(),
        columns: columns.map(|(at, column)| (column.label.to_owned(), is_number(at))).collect(),
        rows: table.shown().iter().map(|row| row.iter().map(cell).collect()).collect(),
        more: match table.more() {
            0 => String::new(),
            more => format!("and {}", counted(more as u64, "more row")),
        },
        files: frame.data.table_files(table, frame.root),
        sortable: table.shown().len() > 1,
    }
}
