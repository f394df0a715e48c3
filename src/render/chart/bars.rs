//! Lays out a chart of bars with axes, to be used on its own.

use crate::report::BarChart;

use super::super::words::{count, counted, short_date};
use super::axis::scale;
use super::font::width;
use super::shape::{Anchor, Drawing, Ink, Shape};

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 72.0;
const BOTTOM: f64 = 32.0;

/// Returns the chart with its title. All series have one colour.
pub(in crate::render) fn bars(title: &str, chart: &BarChart) -> Drawing {
    let mut shapes = Vec::new();
    let mut text = |x: f64, y: f64, size: f64, anchor: Anchor, ink: Ink, text: &str, is_bold| {
        let text = super::super::escape::printable(text).into_owned();
        shapes.push(Shape::Text { x, y, size, anchor, ink, is_bold, text });
    };
    let heading = super::layout::truncated(title, WIDTH - LEFT - RIGHT, 18.0);
    text(24.0, 34.0, 18.0, Anchor::Start, Ink::Text, &heading, true);
    text(24.0, 54.0, 12.0, Anchor::Start, Ink::Muted, &chart.title, false);
    let totals = chart.totals();
    let scale = scale(totals.iter().copied().max().unwrap_or(0));
    let full = HEIGHT - TOP - BOTTOM;
    let y = |value: u64| HEIGHT - BOTTOM - value as f64 / scale.top as f64 * full;
    for tick in &scale.ticks {
        let label = count(*tick);
        text(LEFT - 8.0, y(*tick) + 4.0, 10.0, Anchor::End, Ink::Muted, &label, false);
    }
    let step = (WIDTH - LEFT - RIGHT) / chart.buckets.len().max(1) as f64;
    let bar = (step - 2.0).max(step * 0.7);
    let mut label_end = 0.0;
    for (at, bucket) in chart.buckets.iter().enumerate() {
        let x = LEFT + at as f64 * step;
        let label = short_date(bucket.from);
        let end = x + width(&label, 10.0);
        if x >= label_end && end <= WIDTH - 8.0 {
            text(x, HEIGHT - 12.0, 10.0, Anchor::Start, Ink::Muted, &label, false);
            label_end = end + 24.0;
        }
    }
    for tick in &scale.ticks {
        let (x, y) = (LEFT, y(*tick));
        let (width, ink) = (WIDTH - LEFT - RIGHT, Ink::Line);
        shapes.push(Shape::Rect { x, y, width, height: 0.5, ink, tooltip: None });
    }
    for (at, (bucket, total)) in chart.buckets.iter().zip(&totals).enumerate() {
        let x = LEFT + at as f64 * step + (step - bar) / 2.0;
        let words = format!("{} to {}: {}", bucket.from, bucket.to, counted(*total, chart.unit));
        let (y, ink) = (y(*total), Ink::Bar);
        let height = HEIGHT - BOTTOM - y;
        if *total > 0 {
            shapes.push(Shape::Rect { x, y, width: bar, height, ink, tooltip: Some(words) });
        } else if !bucket.covered {
            let (ink, tooltip) = (Ink::Track, Some(format!("{}: no log", bucket.from)));
            shapes.push(Shape::Rect { x, y: TOP, width: bar, height: full, ink, tooltip });
        }
    }
    Drawing { width: WIDTH as u32, height: HEIGHT as u32, title: title.to_owned(), shapes }
}
