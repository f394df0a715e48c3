//! Verifies IPs by forward-confirmed reverse DNS.
//!
//! Both lookups are needed to identify an operator that documents the host names of its machines: the owner of an IP
//! can give it any name, and the owner of a domain can point a name at any IP.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use thiserror::Error;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::fcrdns::{Fcrdns, FcrdnsQuery};

/// The most queries that run concurrently.
const CONCURRENT_MAX: usize = 32;

/// The timeout of one query with all its lookups.
const QUERY_TIME_MAX: Duration = Duration::from_secs(5);

/// The time that a server may take to answer a lookup, before the lookup is repeated once.
const SERVER_TIME_MAX: Duration = Duration::from_secs(2);

/// The total time that a run waits for answers, and the interval at which it is measured.
const WAIT_MAX: Duration = Duration::from_secs(300);
const TICK: Duration = Duration::from_millis(100);

/// The time that a run still waits once it is being stopped.
const WAIT_MAX_STOPPED: Duration = Duration::from_secs(2);

/// The number of cached answers at which those without a pending [`Resolver::answer`] are evicted. An evicted query is
/// sent again when it is needed.
const ANSWERS_MAX: usize = 1 << 16;

/// The most names of one IP that are looked up. Operators' machines have one.
const NAMES_MAX: usize = 8;

/// The number of consecutive queries without any answer after which the server is probed. Visitors may come from
/// networks whose own servers do not answer, which does not mean that the resolver is unreachable.
const UNANSWERED_MAX: usize = CONCURRENT_MAX;

/// The longest time that the resolver caches records, whatever their TTL.
const TTL_MAX: Duration = Duration::from_secs(24 * 3600);

/// The DNS server to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DnsServer {
    /// The servers of the system's configuration.
    System,
    /// A server at a given address.
    At(SocketAddr),
}

/// An error while starting the resolver.
#[derive(Debug, Error)]
#[error("can't ask the DNS: {0}")]
pub struct ResolverError(#[from] NetError);

/// Runs queries in the background, each only once.
#[derive(Clone)]
pub struct Resolver {
    shared: Arc<ResolverShared>,
    queries: UnboundedSender<FcrdnsQuery>,
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver").finish_non_exhaustive()
    }
}

/// The state that callers and background tasks share.
struct ResolverShared {
    dns: TokioResolver,
    state: Mutex<ResolverState>,
    /// Signalled when an answer arrives and when waiting ends.
    changed: Condvar,
}

#[derive(Default)]
struct ResolverState {
    answers: HashMap<FcrdnsQuery, Answer>,
    /// The number of answers at which unneeded ones are evicted.
    evict_at: usize,
    /// The time that callers may still wait in total.
    wait_left: Duration,
    /// The number of callers that wait.
    waiting: usize,
    /// The number of consecutive queries without an answer.
    unanswered: usize,
    /// True if a task is probing the server.
    is_probing: bool,
    /// True if a probe has failed. Never reset.
    is_unreachable: bool,
}

#[derive(Default)]
struct Answer {
    /// `None` while the query runs.
    result: Option<Fcrdns>,
    /// The number of calls of [`Resolver::ask`] without their [`Resolver::answer`].
    pending: u32,
}

impl Resolver {
    /// Starts a resolver, whose tasks run on `runtime`.
    pub fn start(server: DnsServer, runtime: &Handle) -> Result<Resolver, ResolverError> {
        let state = ResolverState {
            wait_left: WAIT_MAX,
            evict_at: ANSWERS_MAX,
            ..ResolverState::default()
        };
        let (dns, state) = (dns_client(server)?, Mutex::new(state));
        let shared = Arc::new(ResolverShared { dns, state, changed: Condvar::new() });
        let (queries, received) = unbounded_channel();
        runtime.spawn(run_queries(Arc::clone(&shared), received));
        runtime.spawn(count_wait_time(Arc::downgrade(&shared)));
        Ok(Resolver { shared, queries })
    }

    /// Starts a query, unless it was started before, and returns at once. Each call must be followed by one of
    /// [`Resolver::answer`].
    pub fn ask(&self, query: &FcrdnsQuery) {
        let mut state = self.shared.state();
        if let Some(answer) = self.start_query(&mut state, query) {
            answer.pending += 1;
        }
    }

    /// Waits for an answer, while the server is reachable and the total wait is within its limit.
    pub fn answer(&self, query: &FcrdnsQuery) -> Fcrdns {
        let mut state = self.shared.state();
        loop {
            if let Some(answer) = state.answers.get_mut(query)
                && let Some(result) = answer.result
            {
                answer.pending = answer.pending.saturating_sub(1);
                return result;
            }
            if self.start_query(&mut state, query).is_none() {
                return Fcrdns::NoAnswer;
            }
            state.waiting += 1;
            state = self.shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.waiting -= 1;
        }
    }

    /// Limits the remaining wait to two seconds.
    pub fn shorten_wait(&self) {
        let mut state = self.shared.state();
        state.wait_left = state.wait_left.min(WAIT_MAX_STOPPED);
    }

    /// Returns the entry of a query, which is started if it is new. Returns `None` if waiting has ended.
    fn start_query<'s>(
        &self,
        state: &'s mut ResolverState,
        query: &FcrdnsQuery,
    ) -> Option<&'s mut Answer> {
        if state.has_ended() {
            return None;
        }
        if state.answers.len() >= state.evict_at {
            state.answers.retain(|_, answer| answer.result.is_none() || answer.pending > 0);
            // If nearly all are still pending, the next attempt must not follow too soon.
            state.evict_at = ANSWERS_MAX.max(2 * state.answers.len());
        }
        Some(match state.answers.entry(query.clone()) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                // Sending fails only when the runtime has ended, and the run with it.
                let _ = self.queries.send(query.clone());
                entry.insert(Answer::default())
            }
        })
    }
}

impl ResolverState {
    /// Returns whether waiting has ended, because the server is unreachable or the time is over. Once true, always
    /// true.
    fn has_ended(&self) -> bool {
        self.is_unreachable || self.wait_left.is_zero()
    }
}

impl ResolverShared {
    async fn run(&self, query: FcrdnsQuery) {
        let outcome = tokio::time::timeout(QUERY_TIME_MAX, confirm(&self.dns, &query)).await;
        let result = match outcome {
            Ok(Ok(true)) => Fcrdns::Confirmed,
            Ok(Ok(false)) => Fcrdns::Refuted,
            Ok(Err(_)) | Err(_) => Fcrdns::NoAnswer,
        };
        // A server that fails or refuses a query is reachable, and may answer others.
        let is_answered = matches!(outcome, Ok(Ok(_) | Err(NetError::Dns(_))));
        if self.store(query, result, is_answered) {
            self.probe().await;
        }
    }

    /// Stores the result of a query. Returns whether the server must now be probed.
    fn store(&self, query: FcrdnsQuery, result: Fcrdns, is_answered: bool) -> bool {
        let mut state = self.state();
        state.unanswered = if is_answered { 0 } else { state.unanswered + 1 };
        state.answers.entry(query).or_default().result = Some(result);
        let must_probe = state.unanswered >= UNANSWERED_MAX && !state.is_probing;
        state.is_probing |= must_probe;
        drop(state);
        self.changed.notify_all();
        must_probe
    }

    /// Checks whether the server is reachable.
    async fn probe(&self) {
        // Any answer will do. Every server can answer for the root zone.
        let root_servers = self.dns.lookup(Name::root(), RecordType::NS);
        let outcome = tokio::time::timeout(QUERY_TIME_MAX, root_servers).await;
        let is_reachable = matches!(outcome, Ok(Ok(_) | Err(NetError::Dns(_))));
        let mut state = self.state();
        (state.unanswered, state.is_probing, state.is_unreachable) = (0, false, !is_reachable);
        drop(state);
        self.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, ResolverState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs the queries that are received, until all senders are dropped.
async fn run_queries(shared: Arc<ResolverShared>, mut queries: UnboundedReceiver<FcrdnsQuery>) {
    let permits = Arc::new(Semaphore::new(CONCURRENT_MAX));
    while let Some(query) = queries.recv().await {
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { return };
        if shared.state().has_ended() {
            return; // Waiting callers check this too, and send no more queries.
        }
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            shared.run(query).await;
            drop(permit);
        });
    }
}

/// Counts the time that callers wait, until the resolver is dropped.
async fn count_wait_time(shared: Weak<ResolverShared>) {
    let mut ticks = tokio::time::interval(TICK);
    loop {
        ticks.tick().await;
        let Some(shared) = shared.upgrade() else { return };
        let mut state = shared.state();
        if state.waiting > 0 {
            state.wait_left = state.wait_left.saturating_sub(TICK);
        }
        if state.wait_left.is_zero() {
            shared.changed.notify_all();
        }
    }
}

fn dns_client(server: DnsServer) -> Result<TokioResolver, NetError> {
    let provider = TokioRuntimeProvider::default();
    let mut builder = match server {
        DnsServer::System => TokioResolver::builder(provider)?,
        DnsServer::At(address) => {
            let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
            let connections = connections.map(|mut connection| {
                connection.port = address.port();
                connection
            });
            let server = NameServerConfig::new(address.ip(), true, connections.into());
            let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
            TokioResolver::builder_with_config(config, provider)
        }
    };
    let options = builder.options_mut();
    options.timeout = SERVER_TIME_MAX;
    options.attempts = 1;
    // The hosts file of this machine proves nothing about an operator.
    options.use_hosts_file = ResolveHosts::Never;
    options.max_active_requests = 2 * CONCURRENT_MAX;
    options.positive_max_ttl = Some(TTL_MAX);
    options.negative_max_ttl = Some(TTL_MAX);
    builder.build()
}

/// Returns whether an IP has a name in one of the domains that resolves back to it.
async fn confirm(dns: &TokioResolver, query: &FcrdnsQuery) -> Result<bool, NetError> {
    let domains: Vec<Name> =
        query.domains.iter().filter_map(|domain| Name::from_ascii(domain).ok()).collect();
    let mut reverse_name = Name::from(query.ip);
    reverse_name.set_fqdn(true);
    let is_in_domains = |name: &&Name| {
        // The root zone has no labels, and contains all names.
        domains.iter().any(|domain| domain.iter().len() > 0 && domain.zone_of(name))
    };
    let Some(found) = accept_no_records(dns.lookup(reverse_name, RecordType::PTR).await)? else {
        return Ok(false);
    };
    let names = found.answers().iter().filter_map(|record| match &record.data {
        RData::PTR(name) => Some(&name.0),
        _ => None,
    });
    let record_type = if query.ip.is_ipv4() { RecordType::A } else { RecordType::AAAA };
    let mut is_confirmed = Ok(false);
    for name in names.take(NAMES_MAX).filter(is_in_domains) {
        let mut name = name.clone();
        name.set_fqdn(true);
        let is_ip = |data: &RData| data.ip_addr() == Some(query.ip);
        match accept_no_records(dns.lookup(name, record_type).await) {
            Ok(Some(found)) if found.answers().iter().any(|record| is_ip(&record.data)) => {
                return Ok(true);
            }
            Ok(_) => {}
            Err(error) => is_confirmed = Err(error), // Another name may still confirm the IP.
        }
    }
    is_confirmed
}

/// Converts the error for a name that does not exist, or that has no records of the type, into `None`. A referral,
/// which servers without recursion send, remains an error.
fn accept_no_records<T>(found: Result<T, NetError>) -> Result<Option<T>, NetError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(NetError::Dns(DnsError::NoRecordsFound(none)))
            if none.ns.is_none() || none.soa.is_some() =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
