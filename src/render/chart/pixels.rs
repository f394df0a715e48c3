//! Draws a chart as PNG with plotters, the same on every machine since the font ships in a crate.

use std::error::Error;

use ab_glyph::{Font, FontRef, Glyph};
use plotters::backend::BitMapBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::Rectangle;
use plotters::style::{Color, RGBColor};
use thiserror::Error;

use crate::interner::Map;

use super::font;
use super::shape::{Anchor, Drawing, Ink, Shape};

/// Image pixels per layout pixel, so that the image is sharp on high-density screens.
const SCALE: u32 = 2;

/// An error while drawing a chart.
#[derive(Debug, Error)]
pub enum ChartError {
    #[error("can't draw the picture: {0}")]
    Draw(String),
    #[error("can't write the picture")]
    Encode(#[from] png::EncodingError),
}

pub(in crate::render) fn png(drawing: &Drawing) -> Result<Vec<u8>, ChartError> {
    let (width, height) = (drawing.width * SCALE, drawing.height * SCALE);
    let mut pixels = vec![0; (width * height * 3) as usize];
    draw(drawing, &mut pixels, (width, height))
        .map_err(|error| ChartError::Draw(error.to_string()))?;
    encoded(&pixels, (width, height)).map_err(ChartError::from)
}

/// Encodes the pixels with a palette, which takes a third of the bytes of full colours.
fn encoded(pixels: &[u8], (width, height): (u32, u32)) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_compression(png::Compression::Balanced);
    match indexed(pixels) {
        Some((palette, indices)) => {
            encoder.set_color(png::ColorType::Indexed);
            encoder.set_palette(palette);
            encoder.write_header()?.write_image_data(&indices)?;
        }
        None => {
            encoder.set_color(png::ColorType::Rgb);
            encoder.write_header()?.write_image_data(pixels)?;
        }
    }
    Ok(bytes)
}

/// Returns the palette and the number of each pixel's colour in it. The inks stay as they are, and the shades at the edges of
/// letters are rounded. `None` if there are too many colours.
fn indexed(pixels: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    const COLOURS_MAX: usize = 256;
    let inks = Ink::ALL.map(Ink::light);
    let (mut numbers, mut palette): (Map<[u8; 3], u8>, Vec<u8>) = Default::default();
    let mut indices = Vec::with_capacity(pixels.len() / 3);
    let mut last: Option<([u8; 3], u8)> = None;
    for pixel in pixels.as_chunks().0 {
        let pixel: [u8; 3] = *pixel;
        if let Some((_, number)) = last.filter(|(known, _)| *known == pixel) {
            indices.push(number);
            continue;
        }
        let rounded = |channel: u8| (channel & 0xf0) | (channel >> 4);
        let colour = if inks.contains(&pixel) { pixel } else { pixel.map(rounded) };
        let number = match numbers.get(&colour) {
            Some(number) => *number,
            None if numbers.len() == COLOURS_MAX => return None,
            None => {
                palette.extend(colour);
                let number = u8::try_from(numbers.len()).ok()?;
                numbers.insert(colour, number);
                number
            }
        };
        last = Some((pixel, number));
        indices.push(number);
    }
    Some((palette, indices))
}

type Area<'a> = DrawingArea<BitMapBackend<'a>, Shift>;

fn draw(drawing: &Drawing, pixels: &mut [u8], size: (u32, u32)) -> Result<(), Box<dyn Error>> {
    let area = BitMapBackend::with_buffer(pixels, size).into_drawing_area();
    area.fill(&colour(Ink::Paper))?;
    for shape in &drawing.shapes {
        match shape {
            Shape::Rect { x, y, width, height, ink, .. } => {
                // plotters includes the end pixel.
                let end = (pixel(x + width) - 1, pixel(y + height) - 1);
                area.draw(&Rectangle::new([(pixel(*x), pixel(*y)), end], colour(*ink).filled()))?;
            }
            Shape::Text { x, y, size, anchor, ink, is_bold, text } => {
                let font = font::face(*is_bold);
                let (glyphs, width) = font::glyphs(text, *is_bold, size * f64::from(SCALE));
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
        let mut pixels = Vec::new();
        outline.draw(|x, y, coverage| pixels.push((x, y, coverage)));
        for (x, y, coverage) in pixels {
            let at = (corner.x as i32 + x as i32, corner.y as i32 + y as i32);
            area.draw_pixel(at, &ink.mix(f64::from(coverage.min(1.0))))?;
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
