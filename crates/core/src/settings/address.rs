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

/// Whether the host of an address that [`check`] lets through is this machine or in a private network, as far as the
/// address itself says so: a public name may still lead there, which is the network's to refuse.
pub(super) fn is_private(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    if let Some((address, _)) = authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return address.parse().is_ok_and(is_private_v6);
    }
    let host = authority.split(':').next().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
    // Names that lead nowhere else (RFC 6761, RFC 6762, RFC 8375; ICANN, 2024, for `internal`).
    let names = ["localhost", "local", "internal", "home.arpa"];
    host.parse().map_or_else(
        |_| names.iter().any(|name| host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))),
        is_private_v4,
    )
}

/// Addresses that are not global (IANA's registry of special-purpose IPv4 addresses), and multicast.
fn is_private_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let special = (a == 192 && b == 0 && c == 0) || (a == 198 && (b == 18 || b == 19));
    ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || shared
        || special
        || a == 0
        || a >= 224
}

/// The same for IPv6; one that has an IPv4 address in it is judged by that.
fn is_private_v6(ip: Ipv6Addr) -> bool {
    let segments = ip.segments();
    if let Some(v4) = ip.to_ipv4_mapped() {
        return is_private_v4(v4);
    }
    match segments {
        // 64:ff9b::/96 (RFC 6052) and 2002::/16 (RFC 3056).
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            let [a, b] = high.to_be_bytes();
            let [c, d] = low.to_be_bytes();
            is_private_v4(Ipv4Addr::new(a, b, c, d))
        }
        // Global unicast is 2000::/3; of it 2001:db8::/32 is for documentation.
        [first, second, ..] => first >> 13 != 1 || (first == 0x2001 && second == 0xdb8),
    }
}

/// A host's name (RFC 1123, 2.1; underscores as container networks use them) or IPv4 address. One whose last label is a
/// number, in tens or in hexadecimal, is an address to every client.
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
    let number = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    if number.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        return false;
    }
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
    fn addresses_of_private_networks() {
        for (url, private) in [
            ("https://hooks.example.com", false),
            ("https://8.8.8.8:8443/x", false),
            ("https://172.32.0.1", false),
            ("https://100.128.0.1", false),
            ("https://internal.example", false),
            ("https://notlocalhost", false),
            ("https://[2606:4700::1111]/", false),
            ("https://[::ffff:8.8.8.8]", false),
            ("http://localhost:8080", true),
            ("https://a.LocalHost./x", true),
            ("https://printer.local", true),
            ("https://vault.internal?x", true),
            ("http://127.0.0.1", true),
            ("https://127.8.8.8.", true),
            ("https://10.1.2.3", true),
            ("https://172.31.255.255", true),
            ("https://192.168.0.1:443", true),
            ("https://169.254.169.254/latest", true),
            ("https://100.64.0.1", true),
            ("https://0.1.2.3", true),
            ("https://224.0.0.1", true),
            ("https://[::1]:8080", true),
            ("https://[fe80::1]", true),
            ("https://[fd00:ec2::254]", true),
            ("https://[::ffff:10.0.0.1]", true),
            ("https://[64:ff9b::a9fe:a9fe]", true),
            ("https://[2002:7f00:1::]", true),
            ("https://[2001:db8::1]", true),
        ] {
            assert_eq!(is_private(url), private, "{url}");
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
            "https://0x7f000001",
            "https://127.0.0.0X1/",
            "https://2130706433",
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
