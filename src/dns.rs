//! Asks the DNS whether an address has a name in a domain, and whether that name has this address.
//!
//! An operator that documents the names of its machines is told by both together: who has an address can give it
//! any name, and who has a domain can name any address (forward-confirmed reverse DNS).

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

use crate::classify::{Question, Told};

/// So many questions are open at once.
const AT_ONCE: usize = 32;

/// How long one question may take, with all that must be asked for it.
const TIME_MAX: Duration = Duration::from_secs(5);

/// How long a server may take to answer, before it is asked once more.
const SERVER_TIME_MAX: Duration = Duration::from_secs(2);

/// How long a run waits for answers in all, and how finely that is measured.
const PATIENCE: Duration = Duration::from_secs(300);
const TICK: Duration = Duration::from_millis(100);

/// … and once it was told to stop.
const PATIENCE_STOPPED: Duration = Duration::from_secs(2);

/// So many answers are remembered beside those that somebody still wants; an address is asked for again when it
/// was forgotten.
const ANSWERS_MAX: usize = 1 << 16;

/// So many names of one address are looked at. Operators' machines have one.
const NAMES_MAX: usize = 8;

/// So many questions in a row without an answer of any kind, and the server is asked whether it is there:
/// visitors may well come from where nobody answers.
const SILENCES_MAX: usize = AT_ONCE;

/// The time limits of what the resolver keeps, whatever the servers say.
const KEPT_MAX: Duration = Duration::from_secs(24 * 3600);

/// Who is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// The servers that the system is set up with.
    System,
    /// A server of one's own.
    At(SocketAddr),
}

/// Why nobody can be asked.
#[derive(Debug, Error)]
#[error("can't ask the DNS: {0}")]
pub struct ResolverError(#[from] NetError);

/// Asks questions while others are being read: any number at once, each once.
#[derive(Clone)]
pub struct Resolver {
    shared: Arc<Shared>,
    questions: UnboundedSender<Question>,
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver").finish_non_exhaustive()
    }
}

/// What those who ask and those who wait have in common.
struct Shared {
    dns: TokioResolver,
    book: Mutex<Book>,
    /// An answer has come, or there is no patience left.
    news: Condvar,
}

#[derive(Default)]
struct Book {
    answers: HashMap<Question, Answer>,
    /// At so many of them those are forgotten that nobody wants any more.
    forget_at: usize,
    /// How long may still be waited, and how many wait.
    patience: Duration,
    waiting: usize,
    /// How many questions in a row nobody has answered.
    silences: usize,
    /// Whether the server is being asked if it is there.
    is_probing: bool,
    /// Whether there is nobody who answers anything. It stays so.
    is_hopeless: bool,
}

#[derive(Default)]
struct Answer {
    /// `None` while nobody has answered.
    told: Option<Told>,
    /// How many have asked and not yet been told.
    wanted: u32,
}

impl Resolver {
    /// A resolver whose asking is done by a runtime.
    pub fn start(server: Server, runtime: &Handle) -> Result<Resolver, ResolverError> {
        let book = Book { patience: PATIENCE, forget_at: ANSWERS_MAX, ..Book::default() };
        let (dns, book) = (asker(server)?, Mutex::new(book));
        let shared = Arc::new(Shared { dns, book, news: Condvar::new() });
        let (questions, asked) = unbounded_channel();
        runtime.spawn(ask_all(Arc::clone(&shared), asked));
        runtime.spawn(run_out_of_patience(Arc::downgrade(&shared)));
        Ok(Resolver { shared, questions })
    }

    /// Begins to ask, unless that was done, and waits for nothing. Each asking is followed by one
    /// [`Resolver::answer`].
    pub fn ask(&self, question: &Question) {
        let mut book = self.shared.book();
        if let Some(answer) = self.note_asked(&mut book, question) {
            answer.wanted += 1;
        }
    }

    /// Waits for the answer, for as long as there is hope.
    pub fn answer(&self, question: &Question) -> Told {
        let mut book = self.shared.book();
        loop {
            if let Some(answer) = book.answers.get_mut(question)
                && let Some(told) = answer.told
            {
                answer.wanted = answer.wanted.saturating_sub(1);
                return told;
            }
            if self.note_asked(&mut book, question).is_none() {
                return Told::Nothing;
            }
            book.waiting += 1;
            book = self.shared.news.wait(book).unwrap_or_else(PoisonError::into_inner);
            book.waiting -= 1;
        }
    }

    /// Waits no longer than a moment from now on.
    pub fn hurry(&self) {
        let mut book = self.shared.book();
        book.patience = book.patience.min(PATIENCE_STOPPED);
    }

    /// The answer to a question, which is asked now if it was not before; `None` where none is waited for any more.
    fn note_asked<'b>(&self, book: &'b mut Book, question: &Question) -> Option<&'b mut Answer> {
        if book.is_over() {
            return None;
        }
        if book.answers.len() >= book.forget_at {
            book.answers.retain(|_, answer| answer.told.is_none() || answer.wanted > 0);
            // Where nearly all are wanted still, it is not tried again too soon.
            book.forget_at = ANSWERS_MAX.max(2 * book.answers.len());
        }
        Some(match book.answers.entry(question.clone()) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                // Nobody listens only when the runtime ends, and the run with it.
                let _ = self.questions.send(question.clone());
                entry.insert(Answer::default())
            }
        })
    }
}

impl Book {
    /// Whether nobody waits for an answer any more, because there is none to be had or it took too long. It stays so.
    fn is_over(&self) -> bool {
        self.is_hopeless || self.patience.is_zero()
    }
}

impl Shared {
    async fn ask(&self, question: Question) {
        let asked = tokio::time::timeout(TIME_MAX, confirm(&self.dns, &question)).await;
        let told = match asked {
            Ok(Ok(true)) => Told::Yes,
            Ok(Ok(false)) => Told::No,
            Ok(Err(_)) | Err(_) => Told::Nothing,
        };
        // A server that fails, or refuses to answer, is one that can be asked other questions.
        let is_silence = !matches!(asked, Ok(Ok(_) | Err(NetError::Dns(_))));
        if self.note(question, told, is_silence) {
            self.probe().await;
        }
    }

    /// Notes an answer. Whether it is now to be found out if the server is there.
    fn note(&self, question: Question, told: Told, is_silence: bool) -> bool {
        let mut book = self.book();
        book.silences = if is_silence { book.silences + 1 } else { 0 };
        book.answers.entry(question).or_default().told = Some(told);
        let is_doubtful = book.silences >= SILENCES_MAX && !book.is_probing;
        book.is_probing |= is_doubtful;
        drop(book);
        self.news.notify_all();
        is_doubtful
    }

    /// Finds out whether the server is there at all.
    async fn probe(&self) {
        // Any answer will do, and every server has one to this.
        let root_servers = self.dns.lookup(Name::root(), RecordType::NS);
        let asked = tokio::time::timeout(TIME_MAX, root_servers).await;
        let is_there = matches!(asked, Ok(Ok(_) | Err(NetError::Dns(_))));
        let mut book = self.book();
        (book.silences, book.is_probing, book.is_hopeless) = (0, false, !is_there);
        drop(book);
        self.news.notify_all();
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks the questions as they come, until nobody can ask any more.
async fn ask_all(shared: Arc<Shared>, mut questions: UnboundedReceiver<Question>) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    while let Some(question) = questions.recv().await {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        if shared.book().is_over() {
            return; // Who waits knows it, and asks no more.
        }
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            shared.ask(question).await;
            drop(place);
        });
    }
}

/// Measures how long others wait, until nobody is left who could.
async fn run_out_of_patience(shared: Weak<Shared>) {
    let mut ticks = tokio::time::interval(TICK);
    loop {
        ticks.tick().await;
        let Some(shared) = shared.upgrade() else { return };
        let mut book = shared.book();
        if book.waiting > 0 {
            book.patience = book.patience.saturating_sub(TICK);
        }
        if book.patience.is_zero() {
            shared.news.notify_all();
        }
    }
}

fn asker(server: Server) -> Result<TokioResolver, NetError> {
    let provider = TokioRuntimeProvider::default();
    let mut builder = match server {
        Server::System => TokioResolver::builder(provider)?,
        Server::At(address) => {
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
    // What this machine calls its neighbours is no operator's word.
    options.use_hosts_file = ResolveHosts::Never;
    options.max_active_requests = 2 * AT_ONCE;
    options.positive_max_ttl = Some(KEPT_MAX);
    options.negative_max_ttl = Some(KEPT_MAX);
    builder.build()
}

/// Whether an address has a name in one of the domains, and that name this address.
async fn confirm(dns: &TokioResolver, question: &Question) -> Result<bool, NetError> {
    let domains: Vec<Name> =
        question.domains.iter().filter_map(|domain| Name::from_ascii(domain).ok()).collect();
    let mut address_name = Name::from(question.ip);
    address_name.set_fqdn(true);
    let is_one_of_theirs = |name: &&Name| {
        // The root has no labels, and all names.
        domains.iter().any(|domain| domain.iter().len() > 0 && domain.zone_of(name))
    };
    let Some(found) = none_is_an_answer(dns.lookup(address_name, RecordType::PTR).await)? else {
        return Ok(false);
    };
    let names = found.answers().iter().filter_map(|record| match &record.data {
        RData::PTR(name) => Some(&name.0),
        _ => None,
    });
    let kind = if question.ip.is_ipv4() { RecordType::A } else { RecordType::AAAA };
    let mut is_confirmed = Ok(false);
    for name in names.take(NAMES_MAX).filter(is_one_of_theirs) {
        let mut name = name.clone();
        name.set_fqdn(true);
        let is_it = |data: &RData| data.ip_addr() == Some(question.ip);
        match none_is_an_answer(dns.lookup(name, kind).await) {
            Ok(Some(found)) if found.answers().iter().any(|record| is_it(&record.data)) => {
                return Ok(true);
            }
            Ok(_) => {}
            Err(error) => is_confirmed = Err(error), // Another of its names may do.
        }
    }
    is_confirmed
}

/// That there is no such name, or that it has nothing of this kind, is an answer too; that others may know, as
/// servers say which ask nobody else, is none.
fn none_is_an_answer<T>(found: Result<T, NetError>) -> Result<Option<T>, NetError> {
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
