//! Verifies agents: checks whether the IP of a request belongs to the agent that its user agent names.

mod explain;
mod fcrdns;
mod fetch;
mod level;
mod lists;
mod networks;
mod proxies;
mod refresh;
mod resolver;

pub use explain::{Explanation, explain};
pub use fcrdns::{Fcrdns, FcrdnsQuery};
pub use fetch::{FetchError, Fetched, Fetcher, Validators, copy_path, read_copy};
pub use level::Trust;
pub use lists::{IpMatch, Lists, PublishedList, VerifyPolicy};
pub use networks::{Networks, NetworksError};
pub use proxies::Proxies;
pub use refresh::{ListOutcome, RefreshedList, refresh_lists};
pub use resolver::{DnsServer, Resolver, ResolverError};
