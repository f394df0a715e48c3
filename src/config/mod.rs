//! `config.toml` → settings that the rest of the program can use.

mod error;
mod file;
mod settings;

pub use error::ConfigError;
pub use file::{Config, FormatChoice, Guestbook, Log, Reports};
pub use settings::{LogSource, Settings};
pub(crate) use settings::{date, days, format};
