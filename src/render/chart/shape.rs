//! The shapes of a chart: rectangles and lines of text, in pixels from the top left.

/// A chart that is laid out.
#[derive(Clone, Debug)]
pub(in crate::render) struct Drawing {
    pub(super) width: u32,
    pub(super) height: u32,
    /// The title, which is also the accessible name.
    pub(super) title: String,
    pub(super) shapes: Vec<Shape>,
}

impl Drawing {
    /// Returns the width and the height, in pixels.
    pub(in crate::render) fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }
}

#[derive(Clone, Debug)]
pub(super) enum Shape {
    Rect {
        x: f64,
        y: f64,
        width: f64,
        height: f64,
        ink: Ink,
        tooltip: Option<String>,
    },
    Text {
        x: f64,
        /// The baseline.
        y: f64,
        size: f64,
        anchor: Anchor,
        ink: Ink,
        is_bold: bool,
        text: String,
    },
}

/// The part of a text that is at its x coordinate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// The colour of a shape, by its purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    Paper,
    /// The background of a bar, up to its full height.
    Track,
    Line,
    Bar,
    Text,
    Muted,
}

impl Ink {
    pub(super) const ALL: [Ink; 6] =
        [Ink::Paper, Ink::Track, Ink::Line, Ink::Bar, Ink::Text, Ink::Muted];

    /// Returns the colour in light mode, as red, green, blue.
    pub(super) fn light(self) -> [u8; 3] {
        match self {
            Ink::Paper => [0xff, 0xff, 0xff],
            Ink::Track => [0xf1, 0xf3, 0xf5],
            Ink::Line => [0xce, 0xd4, 0xda],
            Ink::Bar => [0x4c, 0x6e, 0xf5],
            Ink::Text => [0x21, 0x25, 0x29],
            Ink::Muted => [0x5c, 0x63, 0x6a],
        }
    }

    /// Returns the colour in dark mode, as red, green, blue.
    pub(super) fn dark(self) -> [u8; 3] {
        match self {
            Ink::Paper => [0x1a, 0x1b, 0x1e],
            Ink::Track => [0x2c, 0x2e, 0x33],
            Ink::Line => [0x49, 0x50, 0x57],
            Ink::Bar => [0x74, 0x8f, 0xfc],
            Ink::Text => [0xe9, 0xec, 0xef],
            Ink::Muted => [0xa6, 0xad, 0xb4],
        }
    }
}
