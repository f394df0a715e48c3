//! Aligns columns of text for a terminal.

use unicode_width::UnicodeWidthStr;

/// The alignment of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// For text.
    Left,
    /// For numbers.
    Right,
}

/// Returns the rows as lines, with two spaces between columns and no trailing spaces.
pub fn table(columns: &[Align], rows: &[Vec<String>]) -> String {
    let width = |text: &str| text.width();
    let widths: Vec<usize> = (0..columns.len())
        .map(|at| {
            rows.iter().filter_map(|row| row.get(at)).map(|cell| width(cell)).max().unwrap_or(0)
        })
        .collect();
    let mut lines = String::new();
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .enumerate()
            .map(|(at, cell)| {
                let padding = " ".repeat(widths[at].saturating_sub(width(cell)));
                if columns[at] == Align::Left { cell.clone() + &padding } else { padding + cell }
            })
            .collect();
        lines.push_str(cells.join("  ").trim_end());
        lines.push('\n');
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_by_display_width() {
        let wide = [vec!["日本".into(), "1".into()], vec!["four".into(), "2".into()]];
        assert_eq!(table(&[Align::Left, Align::Right], &wide), "日本  1\nfour  2\n");
        let rows = [vec!["Ü".into(), "1".into()], vec!["long".into(), "1,000".into()]];
        assert_eq!(table(&[Align::Left, Align::Right], &rows), "Ü         1\nlong  1,000\n");
    }
}
