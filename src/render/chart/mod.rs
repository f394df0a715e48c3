//! Draws charts: lays out plain shapes once, for SVG and for PNG.

mod font;
mod layout;
mod pixels;
mod shape;
mod svg;

pub(super) use layout::{site, term};
pub use pixels::ChartError;
pub(super) use pixels::png;
pub(super) use svg::svg;
