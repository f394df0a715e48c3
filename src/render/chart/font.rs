//! Measures and positions text in the font that ships with the program.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, Glyph, PxScale, ScaleFont, point};

static REGULAR: LazyLock<FontRef<'static>> = LazyLock::new(|| font(dejavu::sans::regular()));
static BOLD: LazyLock<FontRef<'static>> = LazyLock::new(|| font(dejavu::sans::bold()));

fn font(bytes: &'static [u8]) -> FontRef<'static> {
    FontRef::try_from_slice(bytes).expect("the font is part of the program")
}

pub(super) fn face(is_bold: bool) -> &'static FontRef<'static> {
    if is_bold { &BOLD } else { &REGULAR }
}

/// Returns the width of a text in the regular face, in pixels. `size` is the em in pixels.
///
/// Most other fonts are narrower, so a text that fits by this width also fits in an SVG.
pub(in crate::render) fn width(text: &str, size: f64) -> f64 {
    f64::from(glyphs(text, &REGULAR, size).1)
}

/// Returns the glyphs of a line of text, positioned from x = 0 by the font's advance widths and kerning, and its width.
///
/// plotters' own text layout ignores the left side bearing of glyphs.
pub(super) fn glyphs(text: &str, font: &FontRef<'static>, size: f64) -> (Vec<Glyph>, f32) {
    let em = size as f32;
    let scale = font.pt_to_px_scale(em * 0.75).unwrap_or(PxScale::from(em));
    let scaled = font.as_scaled(scale);
    let (mut glyphs, mut x) = (Vec::new(), 0.0);
    let mut previous = None;
    for c in text.chars() {
        let id = font.glyph_id(c);
        x += previous.map_or(0.0, |previous| scaled.kern(previous, id));
        glyphs.push(id.with_scale_and_position(scale, point(x, 0.0)));
        x += scaled.h_advance(id);
        previous = Some(id);
    }
    (glyphs, x)
}
