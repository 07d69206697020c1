//! Which addresses may be asked: those of the settings, and no machine of the inner network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;
use url::Url;

use crate::octets::{from_percent, to_base64};

/// An address without the name and password before its host, and the header that says them (RFC 7617).
pub(super) fn signed_in(url: &Url) -> (Url, Option<String>) {
    let (name, password) = (url.username(), url.password());
    if name.is_empty() && password.is_none() {
        return (url.clone(), None);
    }
    let said = [from_percent(name), vec![b':'], from_percent(password.unwrap_or_default())].concat();
    let mut bare = url.clone();
    // Neither fails where there is a host.
    let _ = bare.set_username("");
    let _ = bare.set_password(None);
    (bare, Some(format!("Basic {}", to_base64(&said))))
}

/// Whether an address belongs to the public internet.
///
/// The reserved ranges are those of the IANA special-purpose registries (RFC 6890); an IPv6
/// address that carries an IPv4 address (mapped, NAT64, 6to4) is what it carries.
pub(super) fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => match carried(ip) {
            Some(inner) => is_public_v4(inner),
            None => {
                let first = ip.segments()[0];
                // Of IPv6, only 2000::/3 is given out; 2001:db8::/32 is for documents.
                first & 0xe000 == 0x2000 && !(first == 0x2001 && ip.segments()[1] == 0x0db8)
            }
        },
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !(ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || a == 0
        || (a == 100 && b & 0xc0 == 64)
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && b & 0xfe == 18)
        || a >= 224)
}

fn carried(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let s = ip.segments();
    let from = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match s {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(from(high, low)),
        [0x2002, high, low, ..] => Some(from(high, low)),
        _ => None,
    }
}

/// Resolves names, and drops every address of the inner network unless the host was named as one
/// that may be there. The connection goes to what was checked: a name cannot change in between.
#[derive(Debug)]
pub(super) struct Guarded {
    pub(super) private_hosts: Vec<String>,
    pub(super) inner: DefaultResolver,
}

impl Resolver for Guarded {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.inner.resolve(uri, config, timeout)?;
        let host = uri.host().unwrap_or_default();
        if self.private_hosts.iter().any(|known| known == host) {
            return Ok(found);
        }
        let mut kept = self.inner.empty();
        found.iter().filter(|address| is_public(address.ip())).for_each(|address| kept.push(*address));
        if kept.is_empty() {
            return Err(ureq::Error::Other(Box::new(Private(host.to_owned()))));
        }
        Ok(kept)
    }
}

/// A host whose addresses are all in the inner network.
#[derive(Debug, thiserror::Error)]
#[error("{0} is in a private network; if that is meant, name it under `private_hosts`")]
pub(super) struct Private(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inner_network_is_not_public() {
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "192.0.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "203.0.113.5",
            "::1",
            "::",
            "fc00::1",
            "fe80::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            "2001:db8::1",
            "::7f00:1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in
            ["151.101.3.42", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1", "::ffff:8.8.8.8"]
        {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }
}
