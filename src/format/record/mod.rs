//! A parsed request that borrows from its line.

mod address;
mod data;
mod encoding;
mod escape;
mod field;
mod malformed;
mod pattern_time;
mod request;
mod time;
mod time_parts;
mod tolerant_time;

pub(crate) use address::{
    fall_back_to_forwarded_ip, is_plain_ip, may_be_address, starts_like_an_address, without_port,
};
pub use data::Record;
pub use encoding::Encoding;
pub use escape::percent_decode;
pub(crate) use escape::unescape;
pub(crate) use field::{Field, may_be_size, sane, sane_time};
pub use malformed::Malformed;
pub(crate) use pattern_time::IGNORED;
pub(crate) use request::{is_method, set_host, split_target};
pub(crate) use time::{COMMON_PATTERN, CTIME_PATTERN, TimeFormat, any_time, date_and_time};
