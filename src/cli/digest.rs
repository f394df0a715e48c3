//! Prints what happened in some days, for a mail.

use std::io::Write;

use clap::Args as ClapArgs;

use crate::config::{Settings, days};
use crate::day::Day;
use crate::night::fixed_day;
use crate::render::{self, OutputFormat};
use crate::report::Query;
use crate::site::{self, SiteData};
use crate::store::Store;

use super::arg_values::digest_format;
use super::day_warnings::warn_of_sum;
use super::exit::ExitStatus;
use super::messages::Messages;
use super::terminal::adapted;

#[derive(Debug, ClapArgs)]
pub(super) struct DigestArgs {
    /// The number of days up to today
    #[arg(long, value_name = "N", default_value_t = 7)]
    days: u16,
    /// The output format: text, md or html
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = digest_format())]
    format: OutputFormat,
    /// The day that counts as today, such as 2026-05-20
    #[arg(long, value_name = "DATE")]
    pub(super) as_of: Option<String>,
}

/// Writes the pings of the last days with their change, the news, and what changed.
pub(super) fn digest(
    settings: &Settings,
    args: &DigestArgs,
    today: Day,
    messages: Messages,
    out: &mut impl Write,
) -> anyhow::Result<ExitStatus> {
    let days = days("--days", args.days)?;
    let store = Store::open_read_only(&settings.store_path(), &settings.config.site.timezone)?;
    messages.notices(fixed_day(settings, &store, today)?.as_slice());
    warn_of_sum(&store, today.plus(-2 * i32::from(days)), today, messages)?;
    let query: Query = settings.query(today, days);
    let data = SiteData::read(&store, &settings.rules, &query)?;
    let document = site::digest(&data.view(), days);
    let bytes = render::document(&document, args.format)?;
    match args.format {
        OutputFormat::Text => {
            out.write_all(adapted(String::from_utf8_lossy(&bytes).into_owned()).as_bytes())?;
        }
        _ => out.write_all(&bytes)?,
    }
    Ok(ExitStatus::Success)
}
