//! Writes a chart as SVG: in ASCII, without scripts, and without external resources.

use std::fmt::Write;

use super::super::escape::escape_html;
use super::shape::{Anchor, Drawing, Ink, Shape};

pub(in crate::render) fn svg(drawing: &Drawing) -> String {
    let (width, height) = (drawing.width, drawing.height);
    let title = escape_html(&drawing.title);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" role=\"img\" aria-label=\"{title}\" font-family=\"system-ui, 'DejaVu Sans', sans-serif\">\n\
         <title>{title}</title>\n{}\
         <rect class=\"gb-paper\" width=\"{width}\" height=\"{height}\" rx=\"8\"/>\n",
        style()
    );
    for shape in &drawing.shapes {
        write_shape(&mut svg, shape);
    }
    svg + "</svg>\n"
}

/// Returns the style sheet, with colours for light and dark mode.
fn style() -> String {
    let rules = |colour: fn(Ink) -> [u8; 3]| -> String {
        let rule = |ink: &Ink| {
            let [red, green, blue] = colour(*ink);
            format!(".{} {{ fill: #{red:02x}{green:02x}{blue:02x}; }} ", class(*ink))
        };
        Ink::ALL.iter().map(rule).collect()
    };
    format!(
        "<style>{}@media (prefers-color-scheme: dark) {{ {}}}</style>\n",
        rules(Ink::light),
        rules(Ink::dark)
    )
}

fn class(ink: Ink) -> &'static str {
    match ink {
        Ink::Paper => "gb-paper",
        Ink::Track => "gb-track",
        Ink::Line => "gb-line",
        Ink::Bar => "gb-bar",
        Ink::Text => "gb-text",
        Ink::Muted => "gb-muted",
    }
}

fn write_shape(svg: &mut String, shape: &Shape) {
    let result = match shape {
        Shape::Rect { x, y, width, height, ink, tooltip } => {
            let rect = format!(
                "<rect class=\"{}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"",
                class(*ink)
            );
            match tooltip {
                Some(text) => writeln!(svg, "{rect}><title>{}</title></rect>", escape_html(text)),
                None => writeln!(svg, "{rect}/>"),
            }
        }
        Shape::Text { x, y, size, anchor, ink, is_bold, text } => {
            let anchor = match anchor {
                Anchor::Start => "start",
                Anchor::Middle => "middle",
                Anchor::End => "end",
            };
            let weight = if *is_bold { " font-weight=\"bold\"" } else { "" };
            writeln!(
                svg,
                "<text class=\"{}\" x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" text-anchor=\"{anchor}\"{weight}>{}</text>",
                class(*ink),
                escape_html(text)
            )
        }
    };
    result.expect("writing to a string can't fail");
}
