//! Reads `config.toml` and checks it as a whole.

mod error;
mod file;
mod settings;

pub use error::ConfigError;
pub use file::{
    Config, FormatChoice, FormatDirective, GuestbookSection, LogSection, RefreshChoice,
    ReportsSection,
};
pub use settings::format;
pub use settings::{LogConfig, Settings};
pub(crate) use settings::{date, days};
