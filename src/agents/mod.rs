//! Names user agents.

mod catalogue;
mod contacts;
mod declared;
mod namer;
mod people;
mod prefixes;
mod program;
mod purpose;
mod tokens;
mod woothee;

pub use catalogue::{Agent, AgentEntry, Catalogue, CatalogueError, CatalogueFile, UnlistedIp};
pub use namer::{
    Kind, NAMED_BYTES_MAX, NamedBy, Namer, OTHER, STORED_NAME_PREFIX, UNKNOWN_AI, Verdict,
};
pub use purpose::Purpose;
