//! Lists, forgets and renames terms.

use std::io::Write;

use anyhow::bail;
use serde::Serialize;

use crate::config::Settings;
use crate::day::Day;
use crate::import::{read_carried, resolve_aliases};
use crate::nearest::nearest;
use crate::render::{Align, count, counted, json_line, printable, table};
use crate::report::SiteReport;
use crate::store::{ChangedTerm, Store};

use super::args::{ForgetArgs, ListFormat, RenameArgs, TermsArgs};
use super::exit::ExitStatus;
use super::messages::Messages;

#[derive(Serialize)]
struct ListedTerm<'a> {
    term: &'a str,
    title: &'a str,
    pings: u64,
    views: u64,
}

/// Lists the terms with their pings and views of all time, those with the most pings first.
pub(super) fn terms(
    settings: &Settings,
    args: &TermsArgs,
    today: Day,
    out: &mut impl Write,
) -> anyhow::Result<ExitStatus> {
    let store = Store::open_read_only(&settings.store_path(), &settings.config.site.timezone)?;
    let query = settings.query(today, settings.reports().days);
    let mut site = SiteReport::new(&store, &settings.rules, &query, usize::MAX)?;
    site.terms.sort_by_key(|row| (std::cmp::Reverse(row.total_pings), row.term.clone()));
    let rows = site.terms.iter().map(|row| ListedTerm {
        term: &row.term,
        title: &row.title,
        pings: row.total_pings,
        views: row.views,
    });
    match args.format {
        ListFormat::Json => {
            for row in rows {
                out.write_all(&json_line(&row))?;
            }
        }
        ListFormat::Text => {
            let mut lines = vec![["TERM", "TITLE", "PINGS", "VIEWS"].map(str::to_owned).to_vec()];
            lines.extend(rows.map(|row| {
                let (term, title) = (printable(row.term), printable(row.title));
                vec![term.into_owned(), title.into_owned(), count(row.pings), count(row.views)]
            }));
            let columns = [Align::Left, Align::Left, Align::Right, Align::Right];
            out.write_all(table(&columns, &lines).as_bytes())?;
        }
    }
    Ok(ExitStatus::Success)
}

/// Forgets a term.
pub(super) fn forget(
    settings: &Settings,
    args: &ForgetArgs,
    messages: Messages,
    out: &mut impl Write,
) -> anyhow::Result<ExitStatus> {
    refuse_imported(settings, &args.term)?;
    let mut store = writable(settings)?;
    let _lock = store.lock(args.wait.duration())?;
    let Some(changed) = store.forget_term(&args.term)? else {
        return Err(unknown(&store, &args.term)?);
    };
    if !messages.is_quiet() {
        let ChangedTerm { requests, views, carried } = changed;
        let requests = counted(requests, "request");
        let (views, carried) = (counted(views, "view"), counted(carried, "ping"));
        let term = printable(&args.term);
        writeln!(
            out,
            "Forgot {term}: {requests} of agents now {} for other pages, {views} and {carried} from before there were \
             logs are gone",
            if changed.requests == 1 { "counts" } else { "count" }
        )?;
        writeln!(
            out,
            "A request for its page or a rebuild brings it back, unless [terms] ignore or only = \"catalog\" leaves it out"
        )?;
    }
    Ok(ExitStatus::Success)
}

/// Renames a term, or adds its counts to another one.
pub(super) fn rename(
    settings: &Settings,
    args: &RenameArgs,
    messages: Messages,
    out: &mut impl Write,
) -> anyhow::Result<ExitStatus> {
    if args.name.trim().is_empty() || args.name.chars().any(char::is_control) {
        bail!("the new name is empty or has control characters");
    }
    if args.name == args.term {
        bail!("that is its name already");
    }
    refuse_imported(settings, &args.term)?;
    let mut store = writable(settings)?;
    let _lock = store.lock(args.wait.duration())?;
    let is_merged = store.term_id(&args.name)?.is_some();
    if store.rename_term(&args.term, &args.name)?.is_none() {
        return Err(unknown(&store, &args.term)?);
    }
    if !messages.is_quiet() {
        let (term, name) = (printable(&args.term), printable(&args.name));
        let done = if is_merged { "added its counts to" } else { "it is now" };
        writeln!(out, "Renamed {term}: {done} {name}")?;
        writeln!(
            out,
            "A request for its page or a rebuild brings {term} back, unless it is an alias of {name} in the catalogue of \
             [terms]"
        )?;
    }
    Ok(ExitStatus::Success)
}

/// Refuses a term with counts in `[terms] pre_tracking`, which each run imports again under its old name.
fn refuse_imported(settings: &Settings, term: &str) -> anyhow::Result<()> {
    let Some(file) = &settings.config.terms.pre_tracking else { return Ok(()) };
    let mut rows = read_carried(&settings.folder.join(file), &settings.rules.terms)?;
    resolve_aliases(&mut rows, settings.rules.terms.catalogue());
    if rows.iter().any(|(imported, ..)| imported == term) {
        bail!(
            "{:?} is in {}, which each run imports: change it there first",
            printable(term),
            file.display()
        );
    }
    Ok(())
}

/// Opens a store that is there for writing.
fn writable(settings: &Settings) -> anyhow::Result<Store> {
    let (path, timezone) = (settings.store_path(), &settings.config.site.timezone);
    Ok(Store::open_existing(&path, timezone)?)
}

/// Returns the error for a term that is not in the store.
fn unknown(store: &Store, term: &str) -> anyhow::Result<anyhow::Error> {
    let terms = store.terms()?;
    let similar = nearest(term, terms.iter().map(|(_, name)| &**name));
    let hint = match similar.as_slice() {
        [] => String::new(),
        names => format!("; did you mean {}?", names.join(", ")),
    };
    Ok(anyhow::anyhow!("there is no term {:?} in the store{hint}", printable(term)))
}
