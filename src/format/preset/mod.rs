//! The tables of formats that need no configuration: data, without code that reads lines.

mod columns;
mod key_names;
mod keyed;
mod text;

pub(crate) use columns::{COLUMNS, ColumnNotation, ColumnsPreset};
pub(crate) use keyed::{KEYED, KeyedPreset, PairNotation, key_named};
pub(crate) use text::{NCSA, NCSA_ANY, PresetTemplate, TEXT, TextPreset};
