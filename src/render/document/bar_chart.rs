//! Draws a chart of stacked bars as part of a page, in the colours of its style sheet.

use std::fmt::Write;

use crate::report::{BarChart, Bucket};

use super::super::chart::scale;
use super::super::escape::escape_html;
use super::super::words::{count, counted, short_date};
use super::cells::bucket_words;

/// The size of the chart, and the room for its axes, in user units.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 8.0;
const TOP: f64 = 18.0;
const BOTTOM: f64 = 26.0;

/// The number of series colours in the style sheet.
pub(super) const COLOURS: usize = 8;

/// Returns the chart as SVG, whose elements have the classes of the style sheet.
pub(super) fn svg(chart: &BarChart) -> String {
    let totals = chart.totals();
    let scale = scale(totals.iter().copied().max().unwrap_or(0));
    let full = HEIGHT - TOP - BOTTOM;
    let y = |value: u64| HEIGHT - BOTTOM - value as f64 / scale.top as f64 * full;
    let step = (WIDTH - LEFT - RIGHT) / chart.buckets.len().max(1) as f64;
    let bar = (step - 2.0).max(step * 0.7);
    let title = escape_html(&chart.title);
    let mut svg = format!(
        "<svg class=\"chart\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" role=\"img\" \
         aria-label=\"{title}\">\n"
    );
    for tick in &scale.ticks {
        let at = y(*tick);
        let _ = writeln!(
            svg,
            "<path class=\"grid\" d=\"M{LEFT} {at:.1}H{:.1}\"/><text class=\"axis\" x=\"{:.1}\" y=\"{:.1}\" \
             text-anchor=\"end\">{}</text>",
            WIDTH - RIGHT,
            LEFT - 6.0,
            at + 4.0,
            count(*tick)
        );
    }
    for (at, bucket) in chart.buckets.iter().enumerate() {
        let x = LEFT + at as f64 * step + (step - bar) / 2.0;
        bars_of(&mut svg, chart, at, (x, bar), &y);
        if let Some(label) = axis_label(&chart.buckets, at) {
            let _ = writeln!(
                svg,
                "<text class=\"axis\" x=\"{x:.1}\" y=\"{:.1}\">{label}</text>",
                HEIGHT - 8.0
            );
        }
        if !bucket.covered && totals[at] == 0 {
            let bottom = HEIGHT - BOTTOM;
            let _ = writeln!(
                svg,
                "<path class=\"gap\" d=\"M{x:.1} {bottom}h{bar:.1}\"><title>{}: no log</title></path>",
                bucket_words(bucket)
            );
        }
    }
    if let Some(at) = tallest(&totals) {
        let x = LEFT + at as f64 * step + step / 2.0;
        let top = y(totals[at]) - 4.0;
        let text = count(totals[at]);
        let _ = writeln!(
            svg,
            "<text class=\"value\" x=\"{x:.1}\" y=\"{top:.1}\" text-anchor=\"middle\">{text}</text>"
        );
    }
    svg + "</svg>"
}

/// Draws the parts of one bar, the first series at the bottom.
fn bars_of(
    svg: &mut String,
    chart: &BarChart,
    at: usize,
    (x, width): (f64, f64),
    y: &impl Fn(u64) -> f64,
) {
    let mut below = 0;
    for (number, series) in chart.series.iter().enumerate() {
        let value = series.values[at];
        if value == 0 {
            continue;
        }
        let (top, bottom) = (y(below + value), y(below));
        let name =
            if series.name.is_empty() { String::new() } else { format!("{}, ", series.name) };
        let words =
            format!("{}{}: {}", name, bucket_words(&chart.buckets[at]), counted(value, chart.unit));
        let _ = writeln!(
            svg,
            "<rect class=\"s{}\" x=\"{x:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{:.1}\">\
             <title>{}</title></rect>",
            number % COLOURS,
            (bottom - top).max(1.0),
            escape_html(&words)
        );
        below += value;
    }
}

/// Returns the number of the largest value, if it is not zero.
fn tallest(totals: &[u64]) -> Option<usize> {
    let largest = totals.iter().copied().max().filter(|largest| *largest > 0)?;
    totals.iter().position(|total| *total == largest)
}

/// Returns the label below a bar: Mondays if bars are days, the first week of a month, or a quarter's first month.
fn axis_label(buckets: &[Bucket], at: usize) -> Option<String> {
    let bucket = buckets[at];
    let is_near_end = at + 2 > buckets.len() && buckets.len() > 8;
    if is_near_end {
        return None;
    }
    if buckets.len() <= 10 {
        return Some(short_date(bucket.from));
    }
    if buckets.iter().all(|bucket| bucket.from == bucket.to) {
        return (bucket.from.weekday() == "Mon").then(|| short_date(bucket.from));
    }
    let month = |bucket: &Bucket| (bucket.from.date().year(), bucket.from.date().month());
    let is_new = at > 0 && month(&buckets[at - 1]) != month(&bucket);
    let is_month = buckets.len() > 1 && bucket.to.number() - bucket.from.number() > 8;
    if is_month {
        return (bucket.from.date().month() % 3 == 1)
            .then(|| bucket.from.date().strftime("%b %Y").to_string());
    }
    // The month of the first week is left out if the next one begins right after it.
    let has_room = at == 0 && buckets.iter().take(4).all(|next| month(next) == month(&bucket));
    (is_new || has_room).then(|| bucket.from.date().strftime("%b").to_string())
}
