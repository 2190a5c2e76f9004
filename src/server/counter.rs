//! The queue's counter: what an administrator may ask of what still has to leave, and the facts that are shown.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::control::Reply;
use super::data::Data;
use super::office::json;
use crate::config::HostPort;
use crate::flows::{Changed, DropNotice, Keep, Picked};
use crate::mail::{Address, Domain, EnvelopeId, Fault, Status, Time};
use crate::net::relay::{Host, RouteSource, SystemNames, hosts_of};
use crate::queue::{self, Due, Item, Message};

/// Recipients that a list shows at most.
const SHOWN_MAX: usize = 10_000;

/// One request.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum QueueAsk {
    /// What waits, as [`QueueList`].
    List {
        /// Which ones.
        filter: Filter,
        /// How many recipients are shown.
        limit: usize,
    },
    /// Tried now, as [`QueueChanged`].
    Retry(Filter),
    /// Held, as [`QueueChanged`].
    Hold(Filter),
    /// Released, as [`QueueChanged`].
    Release(Filter),
    /// Dropped, as [`QueueChanged`].
    Drop {
        /// Which ones.
        filter: Filter,
        /// Whether the sender gets a report.
        report: bool,
    },
    /// All fixed routes, as a list of [`RouteFacts`].
    Routes,
    /// Where a domain goes, as [`RouteFacts`].
    Route(String),
    /// Sends a domain elsewhere, or where it went before, as [`RouteFacts`].
    SetRoute {
        /// The domain.
        domain: String,
        /// `host:port`; none to clear.
        to: Option<String>,
    },
}

/// Which recipients: all that fit everything that is said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// Of one of these envelopes; empty for any.
    #[serde(default)]
    pub envelopes: Vec<String>,
    /// In this domain.
    #[serde(default)]
    pub domain: Option<String>,
    /// From this address, or from nobody (`<>`).
    #[serde(default)]
    pub from: Option<String>,
    /// Of an operator whose name contains this, in any case.
    #[serde(default)]
    pub operator: Option<String>,
    /// Accepted at least so many seconds ago.
    #[serde(default)]
    pub older_than: Option<i64>,
    /// Held, or not.
    #[serde(default)]
    pub held: Option<bool>,
}

/// A queued recipient. Its address may name a patient: it is shown to who asks for the envelope, never logged.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct QueueFacts {
    /// The envelope.
    pub envelope: String,
    /// The recipient's number in it.
    pub rcpt: u16,
    /// The sender; `<>` for reports.
    pub from: String,
    /// The recipient; empty in lists.
    pub to: String,
    /// The recipient's domain.
    pub domain: String,
    /// The operator that serves it.
    pub operator: String,
    /// Octets of the message.
    pub size: u64,
    /// When it was accepted (RFC 3339).
    pub accepted: String,
    /// Seconds since then.
    pub age: i64,
    /// Tries so far.
    pub attempts: u32,
    /// The next one (RFC 3339); none while it is held.
    pub due: Option<String>,
    /// MT-PRIORITY.
    pub priority: i8,
    /// By when it is to have arrived (RFC 3339).
    pub deliver_by: Option<String>,
    /// What the last try ended with.
    pub last_reply: String,
}

/// What waits for one operator.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct OperatorFacts {
    /// Its certificate's subject, or the domain when that is not listed.
    pub operator: String,
    /// Recipients.
    pub recipients: usize,
    /// Of them held.
    pub held: usize,
    /// Of them tried already.
    pub deferred: usize,
    /// Seconds since the oldest was accepted.
    pub oldest: i64,
}

/// What waits.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct QueueList {
    /// Recipients that fit.
    pub recipients: usize,
    /// By operator, most recipients first.
    pub operators: Vec<OperatorFacts>,
    /// The oldest of them, as many as were asked for.
    pub items: Vec<QueueFacts>,
}

/// What a request changed.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct QueueChanged {
    /// Recipients.
    pub recipients: usize,
    /// Envelopes that were left alone: a delivery is under way.
    pub busy: Vec<String>,
}

/// Where a domain goes.
#[derive(Debug, Serialize, Deserialize)]
pub struct RouteFacts {
    /// The domain.
    pub domain: String,
    /// `set` by an administrator, `configured`, or `dns`.
    pub source: String,
    /// `host:port`, in the order in which they are tried.
    pub hosts: Vec<String>,
    /// Why there are none.
    pub problem: Option<String>,
}

/// Answers a request.
pub(super) async fn answer(data: &Data, ask: QueueAsk) -> Result<Reply, Fault> {
    match ask {
        QueueAsk::List { filter, limit } => json(list(data, &filter, limit)),
        QueueAsk::Retry(filter) => json(keep(data, &filter, Keep::Retry).await),
        QueueAsk::Hold(filter) => json(keep(data, &filter, Keep::Hold).await),
        QueueAsk::Release(filter) => json(keep(data, &filter, Keep::Release).await),
        QueueAsk::Drop { filter, report } => {
            let notice = if report { DropNotice::Report } else { DropNotice::None };
            let dropped = data.keeper.drop(&pick(data, &filter)?, notice).await;
            json(dropped.map(QueueChanged::from))
        }
        QueueAsk::Routes => json(Ok(routes(data))),
        QueueAsk::Route(domain) => json(route(data, &domain_of(&domain)?).await),
        QueueAsk::SetRoute { domain, to } => json(set_route(data, &domain_of(&domain)?, to).await),
    }
}

impl From<Changed> for QueueChanged {
    fn from(changed: Changed) -> Self {
        let busy = changed.busy.iter().map(ToString::to_string).collect();
        Self { recipients: changed.recipients, busy }
    }
}

async fn keep(data: &Data, filter: &Filter, keep: Keep) -> Result<QueueChanged, Fault> {
    data.keeper.keep(&pick(data, filter)?, keep).await.map(QueueChanged::from)
}

fn pick(data: &Data, filter: &Filter) -> Result<Picked, Fault> {
    let mut picked = Picked::new();
    visit(data, filter, |message, rcpt, _, _| picked.entry(message.envelope).or_default().push(rcpt))?;
    Ok(picked)
}

fn list(data: &Data, filter: &Filter, limit: usize) -> Result<QueueList, Fault> {
    let now = data.edge.now();
    let mut list = QueueList::default();
    let mut operators: BTreeMap<String, OperatorFacts> = BTreeMap::new();
    let named = !filter.envelopes.is_empty();
    visit(data, filter, |message, rcpt, item, operator| {
        let facts = facts(message, rcpt, item, operator, now, named);
        let of = operators.entry(operator.to_owned()).or_default();
        of.recipients += 1;
        of.held += usize::from(item.due == Due::Held);
        of.deferred += usize::from(item.attempts > 0);
        of.oldest = of.oldest.max(facts.age);
        list.recipients += 1;
        list.items.push(facts);
        // Kept small while it grows: only the oldest are shown.
        if list.items.len() >= 2 * SHOWN_MAX {
            oldest_first(&mut list.items, limit.min(SHOWN_MAX));
        }
    })?;
    oldest_first(&mut list.items, limit.min(SHOWN_MAX));
    list.operators = operators.into_iter().map(|(operator, facts)| OperatorFacts { operator, ..facts }).collect();
    list.operators.sort_by_key(|facts| Reverse(facts.recipients));
    Ok(list)
}

fn oldest_first(items: &mut Vec<QueueFacts>, limit: usize) {
    items.sort_by(|a, b| (Reverse(a.age), &a.envelope, a.rcpt).cmp(&(Reverse(b.age), &b.envelope, b.rcpt)));
    items.truncate(limit);
}

fn facts(message: &Message, rcpt: u16, item: &Item, operator: &str, now: Time, named: bool) -> QueueFacts {
    QueueFacts {
        envelope: message.envelope.to_string(),
        rcpt,
        from: from(message),
        to: if named { item.recipient.to_string() } else { String::new() },
        domain: item.recipient.domain().to_string(),
        operator: operator.to_owned(),
        size: message.size,
        accepted: message.accepted.rfc3339(),
        age: now.secs() - message.accepted.secs(),
        attempts: item.attempts,
        due: match item.due {
            Due::At(time) => Some(time.rfc3339()),
            Due::Held => None,
        },
        priority: message.wishes.priority.level(),
        deliver_by: message.wishes.deliver_by.map(|by| by.at.rfc3339()),
        last_reply: item.last_reply.clone(),
    }
}

fn from(message: &Message) -> String {
    message.reverse_path.address().map_or_else(|| "<>".to_owned(), ToString::to_string)
}

/// A filter whose words were understood.
struct Sieve {
    envelopes: Vec<EnvelopeId>,
    domain: Option<Domain>,
    from: Option<String>,
    operator: Option<String>,
    accepted_until: Option<Time>,
    held: Option<bool>,
}

impl Sieve {
    fn new(filter: &Filter, now: Time) -> Result<Self, Fault> {
        let envelope =
            |text: &String| text.parse().map_err(|error| Fault::user(Status::Syntax, format!("« {text} » : {error}")));
        let from = |text: &String| match text.as_str() {
            "<>" => Ok("<>".to_owned()),
            text => Address::parse(text)
                .map(|address| address.to_string())
                .map_err(|error| Fault::user(Status::AddressSyntax, format!("{text} : {error}"))),
        };
        Ok(Self {
            envelopes: filter.envelopes.iter().map(envelope).collect::<Result<_, _>>()?,
            domain: filter.domain.as_deref().map(domain_of).transpose()?,
            from: filter.from.as_ref().map(from).transpose()?,
            operator: filter.operator.as_ref().map(|text| text.to_lowercase()),
            accepted_until: filter.older_than.map(|secs| now.plus_secs(-secs)),
            held: filter.held,
        })
    }

    fn item(&self, item: &Item) -> bool {
        self.domain.as_ref().is_none_or(|domain| domain == item.recipient.domain())
            && self.held.is_none_or(|held| held == (item.due == Due::Held))
    }

    fn message(&self, message: &Message) -> bool {
        self.accepted_until.is_none_or(|until| message.accepted <= until)
            && self.from.as_ref().is_none_or(|wanted| from(message).eq_ignore_ascii_case(wanted))
    }

    fn operator(&self, operator: &str) -> bool {
        self.operator.as_ref().is_none_or(|part| operator.to_lowercase().contains(part))
    }
}

/// Visits what a filter lets through: message, number, item, operator.
fn visit(data: &Data, filter: &Filter, mut found: impl FnMut(&Message, u16, &Item, &str)) -> Result<(), Fault> {
    let sieve = Sieve::new(filter, data.edge.now())?;
    let mut operators: HashMap<Domain, String> = HashMap::new();
    let mut last: Option<Message> = None;
    let mut look = |envelope: EnvelopeId, rcpt: u16, item: &Item| -> Result<(), Fault> {
        if !sieve.item(item) {
            return Ok(());
        }
        let domain = item.recipient.domain();
        let operator = operators.entry(domain.clone()).or_insert_with(|| data.desk.lane(domain));
        if !sieve.operator(operator) {
            return Ok(());
        }
        if last.as_ref().is_none_or(|message| message.envelope != envelope) {
            last = queue::message(&data.store, envelope)?;
        }
        if let Some(message) = last.as_ref().filter(|message| sieve.message(message)) {
            found(message, rcpt, item, operator);
        }
        Ok(())
    };
    if sieve.envelopes.is_empty() {
        let mut failed = Ok(());
        queue::for_each_item(&data.store, |envelope, rcpt, item| {
            if failed.is_ok() {
                failed = look(envelope, rcpt, &item);
            }
        })?;
        return failed;
    }
    for envelope in &sieve.envelopes {
        for (rcpt, item) in queue::items_of(&data.store, *envelope)? {
            look(*envelope, rcpt, &item)?;
        }
    }
    Ok(())
}

fn domain_of(text: &str) -> Result<Domain, Fault> {
    Domain::parse(text).map_err(|error| Fault::user(Status::AddressSyntax, format!("{text} : {error}")))
}

fn routes(data: &Data) -> Vec<RouteFacts> {
    let facts = |(domain, host, source): (Domain, Host, RouteSource)| RouteFacts {
        domain: domain.to_string(),
        source: word(source).to_owned(),
        hosts: vec![shown(&host)],
        problem: None,
    };
    data.routes.all().into_iter().map(facts).collect()
}

async fn route(data: &Data, domain: &Domain) -> Result<RouteFacts, Fault> {
    let source = data.routes.of(domain).map_or("dns", |(_, source)| word(source));
    let found = hosts_of(domain, &data.routes, &SystemNames::new(), &data.host, &*data.edge.chance).await;
    let (hosts, problem) = match found {
        Ok(hosts) => (hosts.iter().map(shown).collect(), None),
        Err(problem) => (Vec::new(), Some(problem)),
    };
    Ok(RouteFacts { domain: domain.to_string(), source: source.to_owned(), hosts, problem })
}

async fn set_route(data: &Data, domain: &Domain, to: Option<String>) -> Result<RouteFacts, Fault> {
    let to = match to {
        Some(text) => {
            let wrong = || Fault::user(Status::Syntax, format!("« {text} » : il faut HÔTE:PORT"));
            Some(HostPort::parse(&text).ok_or_else(wrong)?)
        }
        None => None,
    };
    let (row, key) = (to.as_ref().map(ToString::to_string), domain.clone());
    // durable from here
    data.store.write(move |tx| queue::set_route(tx, &key, row.as_deref())).await?;
    let host = to.map(|to| Host { name: to.host, port: to.port });
    data.routes.set(domain, host.as_ref());
    tracing::warn!(target: "sceau::queue", %domain, ?host, "route changed by hand");
    route(data, domain).await
}

const fn word(source: RouteSource) -> &'static str {
    match source {
        RouteSource::Configured => "configured",
        RouteSource::Set => "set",
    }
}

fn shown(host: &Host) -> String {
    HostPort { host: host.name.clone(), port: host.port }.to_string()
}
