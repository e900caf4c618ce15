//! The proxy that the environment names for an endpoint. Plain HTTP also goes through a tunnel
//! (`CONNECT`).

use super::address::EndpointAddress;
use crate::{ClientError, Configuration};

/// The URL of the proxy for an address, if it has one.
pub(super) fn of(address: &EndpointAddress, configuration: &Configuration) -> Option<String> {
    let either = |lower: &str, upper: &str| {
        let found = configuration.variable(lower).or_else(|| configuration.variable(upper));
        found.filter(|value| !value.is_empty()).map(str::to_owned)
    };
    let proxy = if address.secure {
        either("https_proxy", "HTTPS_PROXY")
    } else {
        either("http_proxy", "HTTP_PROXY")
    }?;
    if let Some(exempt) = either("no_proxy", "NO_PROXY")
        && is_exempt(&address.host, &exempt)
    {
        return None;
    }
    Some(match proxy.strip_prefix("//") {
        Some(rest) => format!("http://{rest}"),
        None if proxy.starts_with("http:") || proxy.starts_with("https:") => proxy,
        None => format!("http://{proxy}"),
    })
}

/// The proxy, as ureq takes it.
pub(super) fn client(url: &str) -> Result<ureq::Proxy, ClientError> {
    ureq::Proxy::new(url).map_err(|_| ClientError::Proxy(masked(url)))
}

/// The URL with user name and password masked, in botocore's form.
pub(super) fn masked(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return "***".to_owned() };
    match rest.rsplit_once('@') {
        Some((_, rest)) => format!("{scheme}://***:***@{rest}"),
        None => url.to_owned(),
    }
}

/// Whether `no_proxy` lists a host, or a parent domain of it: names separated by commas, or `*`.
fn is_exempt(host: &str, exempt: &str) -> bool {
    if exempt == "*" {
        return true;
    }
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    exempt.split(',').map(|exempt| exempt.trim().trim_start_matches('.')).any(|exempt| {
        let exempt = exempt.to_ascii_lowercase();
        let below = |host: &str| {
            host.strip_suffix(&exempt).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        !exempt.is_empty() && (below(name) || below(host))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_proxy_lists_hosts_and_parent_domains() {
        for (host, exempt, expected) in [
            ("h:5000", "h", true),
            ("h:5000", "h:5000", true),
            ("h:5000", "h:5001", false),
            ("a.example.com", "example.com", true),
            ("a.example.com", ".Example.com , x", true),
            ("aexample.com", "example.com", false),
            ("h", "*", true),
            ("h", "*,x", false),
            ("h", " , ", false),
            ("127.0.0.1:9", "localhost,127.0.0.1", true),
        ] {
            assert_eq!(is_exempt(host, exempt), expected, "{host} {exempt}");
        }
    }

    #[test]
    fn passwords_of_proxies_are_masked() {
        assert_eq!(masked("http://me:secret@p:3128"), "http://***:***@p:3128");
        assert_eq!(masked("http://p:3128"), "http://p:3128");
        assert_eq!(masked("me:secret@p"), "***");
    }
}
