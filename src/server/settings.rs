//! From the configuration file's sections to the settings of each layer.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::config::{Config, HostPort, Ocsp, Size};
use crate::flows::{
    IntakeSettings, LoginSettings, PersonCertificates, PurgeSettings, ReceiptsSettings, RelaySettings, Scanner,
    SubmissionSettings, ThrottleSettings,
};
use crate::ledger::Shards;
use crate::mail::{Domain, Edge};
use crate::net::clamav::Clamd;
use crate::net::relay::{self as transport, Host, RouteTable};
use crate::proto::smtp;
use crate::queue::schedule::Limits;
use crate::seal::vault::file::VaultFiles;
use crate::sessions::Pace;
use crate::sessions::rates::{AccountRates, PeerRates};
use crate::sessions::smtp::Timing;
use crate::trust;

/// Where trust data comes from, and how peers are judged.
#[must_use]
pub fn trust(config: &Config) -> trust::Settings {
    let section = &config.trust;
    trust::Settings {
        anchors: section.anchors.clone(),
        crls: section.crls.clone(),
        fetched_crls: Some(trust_directory(config).join("crl")),
        white_list: match (&section.white_list_url, &section.white_list) {
            (None, Some(file)) => trust::ListSource::File(file.clone()),
            (_, seed) => trust::ListSource::Fetched { seed: seed.clone() },
        },
        history: Some(white_lists(config)),
        signature: section.white_list_signature,
        signer: section.white_list_signer.clone(),
        shrink_percent: u8::try_from(section.white_list_shrink_max).unwrap_or(100),
        limits: trust::Limits::default(),
        policy: trust::Policy {
            extended_usage: section.extended_usage,
            host_name: section.host_name,
            revocation_depth: section.revocation_depth,
            unknown_revocation: section.unknown_revocation,
            ocsp: section.ocsp == Ocsp::On,
            crl_grace: section.crl_grace,
            list_age: section.white_list_age,
            list_grace: section.white_list_grace,
        },
    }
}

/// Where fetched and accepted trust data is kept.
fn trust_directory(config: &Config) -> PathBuf {
    config.server.data.join("trust")
}

/// The accepted white lists.
#[must_use]
pub fn white_lists(config: &Config) -> trust::History {
    let keep = count(config.trust.white_list_keep);
    trust::History::new(trust_directory(config).join("lists"), keep, trust::Limits::default().bytes)
}

/// Where the control socket is.
#[must_use]
pub fn control_socket(config: &Config) -> PathBuf {
    config.server.control.clone().unwrap_or_else(|| config.server.data.join("control.sock"))
}

/// Where the master key is.
#[must_use]
pub fn master_key(config: &Config) -> PathBuf {
    config.store.master_key.clone().unwrap_or_else(|| config.server.data.join("master.key"))
}

/// Where the vault is, and its copies.
#[must_use]
pub fn vault(config: &Config) -> VaultFiles {
    let directory = config.store.vault.clone().unwrap_or_else(|| config.server.data.join("vault"));
    VaultFiles::new(&directory, &config.store.vault_copies)
}

/// How long things are kept.
#[must_use]
pub fn purge(config: &Config) -> PurgeSettings {
    let days = |span: Duration| u32::try_from(span.as_secs().div_ceil(86_400)).unwrap_or(u32::MAX);
    let store = &config.store;
    PurgeSettings { content_days: days(store.keep_messages), identity_days: days(store.keep_identities) }
}

/// Where the ledger's signing keys are, one a year.
#[must_use]
pub fn ledger_keys(config: &Config) -> PathBuf {
    config.proofs.keys.clone().unwrap_or_else(|| config.server.data.join("keys"))
}

/// Where the ledger's shards are, one a year.
#[must_use]
pub fn ledger_directory(data: &Path) -> PathBuf {
    data.join("ledger")
}

/// The shards of the ledger.
#[must_use]
pub fn shards(config: &Config, edge: &Edge) -> Shards {
    let directory = ledger_directory(&config.server.data);
    Shards::new(directory, ledger_keys(config), ledger_name(config), Arc::clone(&edge.chance))
}

/// The name under which this server is a witness for its peers.
#[must_use]
pub fn witness_name(config: &Config) -> String {
    format!("temoin.{}", config.server.domains.first().map_or_else(String::new, ToString::to_string))
}

/// Where the witness keeps what it has seen.
#[must_use]
pub fn witness_directory(data: &Path) -> PathBuf {
    data.join("witness")
}

/// The ledger's name without its year: `preuves.<first domain>` unless it was chosen.
#[must_use]
pub fn ledger_name(config: &Config) -> String {
    let first = || config.server.domains.first().map_or_else(String::new, ToString::to_string);
    config.proofs.origin.as_ref().map_or_else(|| format!("preuves.{}", first()), ToString::to_string)
}

/// What an operator may hand in at once.
#[must_use]
pub fn intake(config: &Config) -> IntakeSettings {
    let section = &config.operators;
    IntakeSettings { message_max: section.message_max.0, recipients_max: count(section.recipients_max) }
}

/// What a login may send at once.
#[must_use]
pub fn submission(config: &Config, origin: &str) -> SubmissionSettings {
    let section = &config.submission;
    SubmissionSettings {
        message_max: section.message_max.0,
        recipients_max: count(section.recipients_max),
        host: config.server.name.to_string(),
        domains: config.server.domains.iter().cloned().collect(),
        origin: origin.to_owned(),
    }
}

/// Who looks for malware, if anybody does.
#[must_use]
pub fn scanner(config: &Config) -> Option<Arc<dyn Scanner>> {
    let socket = config.scan.clamav.clone()?;
    Some(Arc::new(Clamd::new(socket, config.scan.timeout)))
}

/// What this server is in its reports to senders.
#[must_use]
pub fn receipts(config: &Config, origin: &str) -> ReceiptsSettings {
    ReceiptsSettings {
        host: config.server.name.clone(),
        origin: origin.to_owned(),
        mailbox: config.receipts.mailbox.clone(),
    }
}

/// What the server says of itself to people's software: names of annotations (RFC 5464) and their values.
#[must_use]
pub fn about(config: &Config) -> Vec<(String, Vec<u8>)> {
    let contact = config.imap.contact.iter();
    contact.map(|contact| ("/shared/admin".to_owned(), contact.as_bytes().to_vec())).collect()
}

/// How people sign in.
#[must_use]
pub fn login(config: &Config) -> LoginSettings {
    let section = &config.login;
    LoginSettings {
        scram_iterations: section.scram.is_on().then_some(section.scram_iterations),
        persons: PersonCertificates {
            issuers: section.person_issuers.clone(),
            attribute: section.person_attribute.clone(),
        },
        throttle: ThrottleSettings {
            free: section.failures_free,
            free_per_network: section.failures_per_address,
            wait_max: section.failure_wait_max,
            half_life: section.failures_half_life,
        },
    }
}

/// How long a message is tried.
#[must_use]
pub fn relay(config: &Config) -> RelaySettings {
    let seconds = |span: Duration| i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
    RelaySettings {
        expire_secs: seconds(config.relay.give_up_after),
        delay_notice_secs: seconds(config.relay.delay_notice_after),
    }
}

/// What the plan of deliveries keeps to.
#[must_use]
pub fn plan(config: &Config) -> Limits {
    let section = &config.relay;
    Limits {
        per_operator: count(section.connections_per_operator),
        per_minute: section.messages_per_minute_per_operator,
        in_memory: count(section.queue_in_memory),
    }
}

/// How other operators' servers are talked to.
#[must_use]
pub fn transport(config: &Config) -> transport::Settings {
    transport::Settings {
        host: config.server.name.clone(),
        port: transport::MX_PORT,
        patience: transport::Patience {
            connect: config.relay.connect_timeout,
            command: config.relay.command_timeout,
            data: config.relay.data_timeout,
            piece: config.relay.block_timeout,
            verdict: config.relay.verdict_timeout,
            ..transport::Patience::default()
        },
        kept_per_host: count(config.relay.connections_per_operator),
    }
}

/// The fixed routes.
#[must_use]
pub fn routes(config: &Config) -> RouteTable {
    let route = |(domain, to): (&Domain, &HostPort)| (domain.clone(), Host { name: to.host.clone(), port: to.port });
    config.relay.routes.iter().map(route).collect()
}

/// The conversation on the operators' port.
#[must_use]
pub fn operators_smtp(config: &Config) -> smtp::Settings {
    let section = &config.operators;
    let limits = smtp::Limits {
        message: section.message_max.0,
        recipients: count(section.recipients_max),
        transactions: section.messages_per_connection,
        errors: section.errors_max,
        refusals: section.refusals_max,
        ..smtp::Limits::default()
    };
    smtp::Settings::new(config.server.name.clone(), smtp::Profile::Operators, limits)
}

/// The conversation on the submission ports.
#[must_use]
pub fn submission_smtp(config: &Config) -> smtp::Settings {
    let section = &config.submission;
    let limits = smtp::Limits {
        message: section.message_max.0,
        recipients: count(section.recipients_max),
        transactions: section.messages_per_connection,
        errors: section.errors_max,
        refusals: section.refusals_max,
        hold: u32::try_from(section.hold_max.as_secs()).unwrap_or(u32::MAX),
        ..smtp::Limits::default()
    };
    smtp::Settings::new(config.server.name.clone(), smtp::Profile::Submission, limits)
}

/// How long other operators may let us wait for what they say.
#[must_use]
pub fn operators_timing(config: &Config) -> Timing {
    let section = &config.operators;
    timing(section.command_timeout, section.block_timeout, section.slowest_per_minute)
}

/// How long people's clients may let us wait for what they say.
#[must_use]
pub fn submission_timing(config: &Config) -> Timing {
    let section = &config.submission;
    timing(section.command_timeout, section.block_timeout, section.slowest_per_minute)
}

fn timing(command: Duration, block: Duration, slowest: Size) -> Timing {
    let pace = Pace { octets: slowest.0, within: Duration::from_secs(60) };
    Timing { command, block, pace: (slowest.0 > 0).then_some(pace) }
}

/// How much one operator may do.
#[must_use]
pub fn peer_rates(config: &Config) -> PeerRates {
    let section = &config.operators;
    PeerRates {
        connections: count(section.connections_per_peer),
        messages: section.messages_per_minute,
        messages_from_address: section.messages_per_minute_per_address,
    }
}

/// How much one account may send.
#[must_use]
pub fn account_rates(config: &Config) -> AccountRates {
    let section = &config.submission;
    AccountRates {
        messages_hour: section.messages_per_hour,
        messages_day: section.messages_per_day,
        recipients_hour: section.recipients_per_hour,
        recipients_day: section.recipients_per_day,
    }
}

/// A count of the file as a count of things.
pub(super) fn count(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
