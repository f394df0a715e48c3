//! Draws a badge: a label, and the pings of the window.

use super::super::escape::escape_html;
use super::super::words::short_count;
use super::font::width;

/// The size of the text, and the room on both sides of it, in pixels.
const SIZE: f64 = 11.0;
const PADDING: f64 = 6.0;

/// Returns the badge of some pings within some days, in the style of those of shields.io: `AI Guestbook | 12 · 30 d`.
pub(in crate::render) fn badge(label: &str, pings: u64, days: usize) -> String {
    let value = format!("{} \u{b7} {days} d", short_count(pings));
    let (left, right) = (width(label, SIZE) + 2.0 * PADDING, width(&value, SIZE) + 2.0 * PADDING);
    let all = (left + right).ceil();
    let (label, value) = (escape_html(label), escape_html(&value));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {all} 20\" width=\"{all}\" height=\"20\" role=\"img\" \
         aria-label=\"{label}: {value}\" font-family=\"Verdana, 'DejaVu Sans', sans-serif\" font-size=\"{SIZE}\" \
         text-anchor=\"middle\">\n\
         <title>{label}: {value}</title>\n\
         <rect width=\"{all}\" height=\"20\" rx=\"3\" fill=\"#555\"/>\n\
         <path d=\"M{left:.1} 0H{:.1}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3H{left:.1}z\" fill=\"#3b5bdb\"/>\n\
         <g fill=\"#fff\"><text x=\"{:.1}\" y=\"14\">{label}</text><text x=\"{:.1}\" y=\"14\">{value}</text></g>\n\
         </svg>\n",
        all - 3.0,
        left / 2.0,
        left + (all - left) / 2.0
    )
}
