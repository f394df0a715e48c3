//! Measures and positions text in the font that ships with the program.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, Glyph, GlyphId, PxScale, ScaleFont, point};
use rustybuzz::{Direction, Face, UnicodeBuffer};
use unicode_bidi::BidiInfo;

static REGULAR: LazyLock<FontRef<'static>> = LazyLock::new(|| font(dejavu::sans::regular()));
static BOLD: LazyLock<FontRef<'static>> = LazyLock::new(|| font(dejavu::sans::bold()));

static REGULAR_SHAPER: LazyLock<Face<'static>> = LazyLock::new(|| shaper(dejavu::sans::regular()));
static BOLD_SHAPER: LazyLock<Face<'static>> = LazyLock::new(|| shaper(dejavu::sans::bold()));

fn shaper(bytes: &'static [u8]) -> Face<'static> {
    Face::from_slice(bytes, 0).expect("the font is part of the program")
}

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
    if text.chars().any(is_complex) {
        return f64::from(shaped(text, false, size).1);
    }
    // Kerning makes a text narrower, and looking it up takes longer than all else.
    let units: f32 = text.chars().map(advance).sum();
    f64::from(units) / f64::from(REGULAR_SHAPER.units_per_em()) * size
}

/// The advance widths of the characters of ASCII, in units of the font.
static ASCII_ADVANCES: LazyLock<[f32; 128]> = LazyLock::new(|| {
    std::array::from_fn(|code| {
        let glyph = REGULAR.glyph_id(char::from(code as u8));
        REGULAR.h_advance_unscaled(glyph)
    })
});

fn advance(c: char) -> f32 {
    match ASCII_ADVANCES.get(c as usize) {
        Some(advance) => *advance,
        None => REGULAR.h_advance_unscaled(REGULAR.glyph_id(c)),
    }
}

/// Returns the glyphs of a line of text, positioned from x = 0, and its width. Scripts that are written from right to left are
/// set so, with their letters joined.
pub(super) fn glyphs(text: &str, is_bold: bool, size: f64) -> (Vec<Glyph>, f32) {
    match text.chars().any(is_complex) {
        true => shaped(text, is_bold, size),
        false => simple(text, face(is_bold), size),
    }
}

/// The name of the font.
const NAME: &str = "DejaVu Sans";

/// Returns the name of the font if it lacks a letter of a text, which a picture then shows as a box.
pub fn font_without(text: &str) -> Option<&'static str> {
    let lacks = |c: char| !c.is_control() && REGULAR.glyph_id(c).0 == 0;
    text.chars().any(lacks).then_some(NAME)
}

/// Returns whether a character is of a script whose letters change with their neighbours or run from right to left.
fn is_complex(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{1fff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' | '\u{10800}'..='\u{10fff}')
}

/// Shapes a text in the order in which it is seen.
fn shaped(text: &str, is_bold: bool, size: f64) -> (Vec<Glyph>, f32) {
    let (font, shaper) = (face(is_bold), if is_bold { &BOLD_SHAPER } else { &REGULAR_SHAPER });
    let scale = scale_of(font, size);
    let unit = size as f32 / shaper.units_per_em() as f32;
    let bidi = BidiInfo::new(text, None);
    let (mut glyphs, mut x) = (Vec::new(), 0.0);
    for paragraph in &bidi.paragraphs {
        let (levels, runs) = bidi.visual_runs(paragraph, paragraph.range.clone());
        for run in runs {
            let mut buffer = UnicodeBuffer::new();
            buffer.push_str(&text[run.clone()]);
            buffer.guess_segment_properties();
            buffer.set_direction(match levels[run.start].is_rtl() {
                true => Direction::RightToLeft,
                false => Direction::LeftToRight,
            });
            let shaped = rustybuzz::shape(shaper, &[], buffer);
            for (info, at) in shaped.glyph_infos().iter().zip(shaped.glyph_positions()) {
                let id = GlyphId(u16::try_from(info.glyph_id).unwrap_or_default());
                let place = point(x + at.x_offset as f32 * unit, -(at.y_offset as f32) * unit);
                glyphs.push(id.with_scale_and_position(scale, place));
                x += at.x_advance as f32 * unit;
            }
        }
    }
    (glyphs, x)
}

fn scale_of(font: &FontRef<'static>, size: f64) -> PxScale {
    let em = size as f32;
    font.pt_to_px_scale(em * 0.75).unwrap_or(PxScale::from(em))
}

/// Returns the glyphs of a line of text, positioned from x = 0 by the font's advance widths and kerning, and its width.
///
/// plotters' own text layout ignores the left side bearing of glyphs.
fn simple(text: &str, font: &FontRef<'static>, size: f64) -> (Vec<Glyph>, f32) {
    let scale = scale_of(font, size);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hebrew_and_arabic_are_set_from_right_to_left() {
        // Each glyph of the right-to-left text lies left of the one of the letter before it.
        let id = |c: char| REGULAR.glyph_id(c);
        let x = |glyphs: &[Glyph], c: char| {
            glyphs.iter().find(|glyph| glyph.id == id(c)).map(|glyph| glyph.position.x)
        };
        let (glyphs, width) = glyphs("אבג 2026", false, 12.0);
        assert!(width > 20.0);
        assert!(x(&glyphs, 'א') > x(&glyphs, 'ב') && x(&glyphs, 'ב') > x(&glyphs, 'ג'));
        assert!(x(&glyphs, '0') > x(&glyphs, '2').map(|_| 0.0));
        // Arabic letters are joined, so they have other glyphs than alone.
        let (joined, _) = super::glyphs("سلام", false, 12.0);
        assert!(joined.iter().all(|glyph| glyph.id != id('س')));
        assert_eq!(font_without("asyncio سلام"), None);
        assert_eq!(font_without("日本"), Some(NAME));
    }
}
