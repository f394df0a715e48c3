//! The engines that parse lines, grouped into families of formats.

mod column_checks;
mod column_names;
mod column_values;
mod columns;
mod combined;
mod delimiters;
mod family;
mod forwarded_header;
mod item_values;
mod key_tree;
mod keyed;
mod language;
mod learned_keys;
mod ncsa;
mod pairs;
mod template;

pub use columns::Columns;
pub(crate) use columns::ColumnsPlan;
pub(crate) use combined::CombinedFastPath;
pub(crate) use delimiters::{DelimiterIndex, WINDOW_BYTES, window};
pub(crate) use family::{Engine, Family, NamedEngine};
pub(crate) use forwarded_header::dashed;
pub(crate) use keyed::KeyedPlan;
pub use language::TemplateError;
pub(crate) use language::{apache, goaccess, goaccess_keys, nginx};
pub(crate) use learned_keys::SampleKeys;
pub(crate) use ncsa::value as ncsa_value;
#[cfg(test)]
pub(crate) use template::Item;
pub(crate) use template::TemplatePlan;
