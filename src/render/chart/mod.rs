//! Pictures: laid out once as plain shapes, then written as SVG or drawn as pixels.

mod font;
mod layout;
mod pixels;
mod shape;
mod svg;

pub(super) use layout::{site, term};
pub use pixels::ChartError;
pub(super) use pixels::png;
pub(super) use svg::svg;
