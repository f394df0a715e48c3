//! A picture as PNG, by plotters, with a font that ships in a crate: the same on every machine.

use std::error::Error;

use ab_glyph::{Font, FontRef, Glyph};
use plotters::backend::BitMapBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::Rectangle;
use plotters::style::{Color, RGBColor};
use thiserror::Error;

use super::font;
use super::shape::{Anchor, Drawing, Ink, Shape};

/// Pixels of the image for each of the layout, so that it is sharp on today's screens.
const SCALE: u32 = 2;

/// Why a picture could not be drawn.
#[derive(Debug, Error)]
pub enum ChartError {
    /// plotters failed.
    #[error("can't draw the picture: {0}")]
    Draw(String),
    /// The PNG could not be written.
    #[error("can't write the picture")]
    Encode(#[from] png::EncodingError),
}

pub(in crate::render) fn png(drawing: &Drawing) -> Result<Vec<u8>, ChartError> {
    let (width, height) = (drawing.width * SCALE, drawing.height * SCALE);
    let mut pixels = vec![0; (width * height * 3) as usize];
    draw(drawing, &mut pixels, (width, height))
        .map_err(|error| ChartError::Draw(error.to_string()))?;
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::Balanced);
    encoder.write_header()?.write_image_data(&pixels)?;
    Ok(bytes)
}

type Area<'a> = DrawingArea<BitMapBackend<'a>, Shift>;

fn draw(drawing: &Drawing, pixels: &mut [u8], size: (u32, u32)) -> Result<(), Box<dyn Error>> {
    let area = BitMapBackend::with_buffer(pixels, size).into_drawing_area();
    area.fill(&colour(Ink::Paper))?;
    for shape in &drawing.shapes {
        match shape {
            Shape::Rect { x, y, width, height, ink, .. } => {
                // plotters paints the last pixel too.
                let end = (pixel(x + width) - 1, pixel(y + height) - 1);
                area.draw(&Rectangle::new([(pixel(*x), pixel(*y)), end], colour(*ink).filled()))?;
            }
            Shape::Text { x, y, size, anchor, ink, bold, text } => {
                let font = font::face(*bold);
                let (glyphs, width) = font::set(text, font, size * f64::from(SCALE));
                let x = pixel(*x) as f32
                    - match anchor {
                        Anchor::Start => 0.0,
                        Anchor::Middle => width / 2.0,
                        Anchor::End => width,
                    };
                draw_glyphs(&area, font, glyphs, (x, pixel(*y) as f32), colour(*ink))?;
            }
        }
    }
    area.present()?;
    Ok(())
}

fn draw_glyphs(
    area: &Area<'_>,
    font: &FontRef<'static>,
    glyphs: Vec<Glyph>,
    (x, baseline): (f32, f32),
    ink: RGBColor,
) -> Result<(), Box<dyn Error>> {
    for mut glyph in glyphs {
        glyph.position.x += x;
        glyph.position.y += baseline;
        let Some(outline) = font.outline_glyph(glyph) else { continue };
        let corner = outline.px_bounds().min;
        let mut covered = Vec::new();
        outline.draw(|x, y, cover| covered.push((x, y, cover)));
        for (x, y, cover) in covered {
            let at = (corner.x as i32 + x as i32, corner.y as i32 + y as i32);
            area.draw_pixel(at, &ink.mix(f64::from(cover.min(1.0))))?;
        }
    }
    Ok(())
}

fn pixel(length: f64) -> i32 {
    (length * f64::from(SCALE)).round() as i32
}

fn colour(ink: Ink) -> RGBColor {
    let [red, green, blue] = ink.light();
    RGBColor(red, green, blue)
}
