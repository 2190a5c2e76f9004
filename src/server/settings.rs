//! From the configuration file's sections to the settings of each layer.

use std::path::PathBuf;

use crate::config::Config;
use crate::trust;

/// Where trust data comes from, and how peers are judged.
#[must_use]
pub fn trust(config: &Config) -> trust::Settings {
    let section = &config.trust;
    trust::Settings {
        anchors: section.anchors.clone(),
        crls: section.crls.clone(),
        white_list: section.white_list.clone(),
        signature: section.white_list_signature,
        signer: section.white_list_signer.clone(),
        shrink_percent: u8::try_from(section.white_list_shrink_max).unwrap_or(100),
        limits: trust::Limits::default(),
        policy: trust::Policy {
            extended_usage: section.extended_usage,
            host_name: section.host_name,
            revocation_depth: section.revocation_depth,
            unknown_revocation: section.unknown_revocation,
            crl_grace: section.crl_grace,
            list_age: section.white_list_age,
            list_grace: section.white_list_grace,
        },
    }
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

/// Where the ledger's signing key is.
#[must_use]
pub fn ledger_key(config: &Config) -> PathBuf {
    config.proofs.key.clone().unwrap_or_else(|| config.server.data.join("ledger.key"))
}
