//! Tells systemd that the server is ready, or stopping (sd_notify(3)). Does nothing elsewhere.

use std::env;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// Everything listens.
pub fn ready(status: &str) {
    say(&format!("READY=1\nSTATUS={status}"));
}

/// The end has begun.
pub fn stopping() {
    say("STOPPING=1");
}

fn say(text: &str) {
    let Some(path) = env::var_os("NOTIFY_SOCKET") else { return };
    let address = match path.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name),
        _ => SocketAddr::from_pathname(&path),
    };
    let sent = address.and_then(|address| UnixDatagram::unbound()?.send_to_addr(text.as_bytes(), &address));
    if let Err(error) = sent {
        tracing::warn!(target: "sceau::server", %error, "cannot tell systemd");
    }
}
