//! Draws charts: lays out plain shapes once, for SVG and for PNG.

mod axis;
mod badge;
mod bars;
mod font;
mod layout;
mod pixels;
mod shape;
mod svg;

pub(super) use axis::scale;
pub(super) use badge::badge;
pub(super) use bars::bars;
pub use font::font_without;
pub(super) use font::width as text_width;
pub(super) use layout::{NARROW, WIDE, site, term};
pub use pixels::ChartError;
pub(super) use pixels::png;
pub(super) use svg::svg;
