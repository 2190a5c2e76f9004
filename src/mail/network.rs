//! Which addresses count as one peer when something is counted by address.

use std::net::IpAddr;

/// The network that a per-address limit counts: an IPv4 address, or the /64 that one IPv6 subscriber gets.
#[must_use]
pub fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & (u128::MAX << 64)).into()),
    }
}
