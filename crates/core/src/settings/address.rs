//! Addresses that the operator sets: one that can never work is refused at the start, not by each request.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Whether an address can be called: `https`, or `http` of this machine, with a host's name or address, a port, a path
/// and a query at most.
///
/// # Errors
/// The rest of a sentence that begins with the setting's name and does not quote the address.
pub(super) fn check(url: &str) -> Result<(), &'static str> {
    let Some((scheme, rest)) = url.split_once("://") else {
        return Err("must be an https:// address (http:// only for localhost)");
    };
    if !url.chars().all(|c| c.is_ascii_graphic() && !"@#\"<>\\^`{|}".contains(c)) {
        return Err("must be an address of plain characters, without user, password or fragment");
    }
    let authority = rest.find(['/', '?']).map_or(rest, |at| rest.get(..at).unwrap_or_default());
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, "")) => (address.parse::<Ipv6Addr>().map(|_| authority).ok(), None),
        Some((address, port)) => {
            let host = authority.strip_suffix(port);
            (address.parse::<Ipv6Addr>().ok().and(host), Some(port.strip_prefix(':').unwrap_or_default()))
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (Some(host).filter(|host| is_host(host)), Some(port)),
            None => (Some(authority).filter(|host| is_host(host)), None),
        },
    };
    let Some(host) = host else { return Err("must have a host that can exist, such as api.example.com") };
    // A sign would be read as a part of the number.
    let digits = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    if port.is_some_and(|port| !digits(port) || port.parse::<u16>().map_or(true, |port| port == 0)) {
        return Err("must have a port from 1 to 65535, or none");
    }
    let local = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    match scheme {
        "https" => Ok(()),
        "http" if local => Ok(()),
        _ => Err("must be an https:// address (http:// only for localhost)"),
    }
}

/// A host's name (RFC 1123, 2.1; underscores as container networks use them) or IPv4 address. One whose last label is a
/// number is an address to every client.
fn is_host(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    let mut labels = name.split('.');
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let whole = |label: &str| {
        (1..=63).contains(&label.len()) && label.chars().all(plain) && !label.starts_with('-') && !label.ends_with('-')
    };
    if name.len() > 253 || !labels.all(whole) {
        return false;
    }
    let last = name.rsplit('.').next().unwrap_or_default();
    !last.bytes().all(|byte| byte.is_ascii_digit()) || host.parse::<Ipv4Addr>().is_ok_and(|ip| !ip.is_unspecified())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_can_work() {
        for url in [
            "https://api.mypurecloud.com",
            "https://api.example.com:8443/base/path?x=1",
            "https://gateway_1.internal",
            "https://10.0.0.1",
            "https://[2001:db8::1]:443/x",
            "https://example.com.",
            "https://xn--bcher-kva.example",
            "http://localhost",
            "http://localhost:8788/",
            "http://127.0.0.1:8788",
            "http://[::1]:1/x",
        ] {
            assert_eq!(check(url), Ok(()), "{url}");
        }
    }

    #[test]
    fn addresses_that_can_never_work() {
        let long = format!("https://{}.example", "a".repeat(64));
        for url in [
            "",
            "api.example.com",
            "//api.example.com",
            "ftp://api.example.com",
            "HTTPS//api.example.com",
            "http://api.example.com",
            "http://localhost.example",
            "http://localhost:80.example",
            "http://127.0.0.1.example",
            "https://",
            "https:///path",
            "https://?x",
            "https://:443",
            "https://api.example.com:",
            "https://api.example.com:0",
            "https://api.example.com:65536",
            "https://api.example.com:+443",
            "https://api.example.com:https",
            "https://api..example.com",
            "https://.example.com",
            "https://-a.example.com",
            "https://a-.example.com",
            "https://a%2fb.example",
            "https://a*.example",
            "https://bücher.example",
            "https://256.1.1.1",
            "https://1.2.3",
            "https://0.0.0.0",
            "https://[::1",
            "https://[::1]x",
            "https://[g::1]",
            "https://user:secret@api.example.com",
            "https://api.example.com/#x",
            "https://api.example.com/a b",
            &long,
        ] {
            assert!(check(url).is_err(), "{url}");
        }
    }
}
