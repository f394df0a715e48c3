//! The font that ships with the program: how wide a text is, and where its letters stand.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, Glyph, PxScale, ScaleFont, point};

static REGULAR: LazyLock<FontRef<'static>> = LazyLock::new(|| font(dejavu::sans::regular()));
static BOLD: LazyLock<FontRef<'static>> = LazyLock::new(|| font(dejavu::sans::bold()));

fn font(bytes: &'static [u8]) -> FontRef<'static> {
    FontRef::try_from_slice(bytes).expect("the font is part of the program")
}

pub(super) fn face(bold: bool) -> &'static FontRef<'static> {
    if bold { &BOLD } else { &REGULAR }
}

/// The width of a text of the regular face, in pixels, where `size` is that of its em. Most other fonts
/// are narrower, so what fits by this fits in an SVG too.
pub(super) fn width(text: &str, size: f64) -> f64 {
    f64::from(set(text, &REGULAR, size).1)
}

/// Sets a line of text, by the font's widths and pairs; returns its glyphs, from 0, and its width.
/// plotters' own setting leaves out the space that belongs to the left of a letter.
pub(super) fn set(text: &str, font: &FontRef<'static>, size: f64) -> (Vec<Glyph>, f32) {
    let em = size as f32;
    let scale = font.pt_to_px_scale(em * 0.75).unwrap_or(PxScale::from(em));
    let scaled = font.as_scaled(scale);
    let (mut glyphs, mut x) = (Vec::new(), 0.0);
    let mut before = None;
    for c in text.chars() {
        let id = font.glyph_id(c);
        x += before.map_or(0.0, |before| scaled.kern(before, id));
        glyphs.push(id.with_scale_and_position(scale, point(x, 0.0)));
        x += scaled.h_advance(id);
        before = Some(id);
    }
    (glyphs, x)
}
