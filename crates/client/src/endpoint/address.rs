//! Resolves the URL and the signing region of an endpoint: of a named one, or AWS's own by the
//! rules of its partitions.

use vmfa_iam::Api;

use super::url::{self, EndpointUrl};
use crate::{ClientError, Configuration, ConnectionOptions, configuration::AWS};

#[derive(Clone, Debug)]
pub(super) struct EndpointAddress {
    /// The URL, with a path, for requests and messages.
    pub(super) url: String,
    /// The `host` header: name and port.
    pub(super) host: String,
    /// The path, not empty.
    pub(super) path: String,
    /// Without the question mark.
    pub(super) query: String,
    /// Whether the scheme is `https`.
    pub(super) secure: bool,
    /// The region of signatures.
    pub(super) region: String,
}

impl EndpointAddress {
    /// # Errors
    /// `InvalidRegion`, `NoRegion` for a named address without a region, those of [`EndpointUrl::parse`],
    /// and `Declined` for variants of AWS's endpoints that are not supported.
    pub(super) fn resolve(
        api: Api,
        named: Option<&str>,
        configuration: &Configuration,
        options: &ConnectionOptions,
    ) -> Result<Self, ClientError> {
        let region = configuration.region(options);
        if let Some(region) = &region
            && !is_region(region)
        {
            return Err(ClientError::InvalidRegion(region.clone()));
        }
        if let Some(url) = named.filter(|url| *url != AWS) {
            return Self::parse(url, region.ok_or(ClientError::NoRegion)?);
        }
        decline_variants(configuration)?;
        let (url, region) = own(api, region.as_deref());
        Self::parse(&url, region)
    }

    /// Whether it is AWS's own endpoint.
    pub(super) fn is_aws(&self) -> bool {
        let name = self.host.split(':').next().unwrap_or_default();
        PARTITIONS.iter().any(|partition| {
            name.strip_suffix(partition.suffix).is_some_and(|rest| rest.ends_with('.'))
        })
    }

    fn parse(text: &str, region: String) -> Result<Self, ClientError> {
        let EndpointUrl { secure, name, port, path, query } = EndpointUrl::parse(text)?;
        let (scheme, default) = if secure { ("https", 443) } else { ("http", 80) };
        let name_port = port.map_or_else(|| name.clone(), |port| format!("{name}:{port}"));
        let mark = if query.is_empty() { "" } else { "?" };
        let url = format!("{scheme}://{name_port}{path}{mark}{query}");
        let shown = if port.is_none_or(|port| port == default) { name } else { name_port };
        let host = shown.to_ascii_lowercase();
        Ok(Self { url, host, path, query, secure, region })
    }
}

/// AWS's own host of an API, and its signing region.
fn own(api: Api, region: Option<&str>) -> (String, String) {
    let partition = region.and_then(|region| {
        PARTITIONS
            .iter()
            .find(|partition| region.starts_with(partition.prefix) || region == partition.whole)
    });
    let partition = partition.unwrap_or(&PARTITIONS[0]);
    match (api, region) {
        // AWS refuses our actions wherever they are sent.
        (Api::Iam | Api::Vmfa, _) => {
            (format!("https://{}.{}", partition.iam, partition.suffix), partition.home.to_owned())
        }
        (Api::Sts, None | Some("aws-global")) => {
            (format!("https://sts.{}", partition.suffix), partition.home.to_owned())
        }
        (Api::Sts, Some(region)) => {
            (format!("https://sts.{region}.{}", partition.suffix), region.to_owned())
        }
    }
}

/// A partition of AWS; accounts belong to one.
struct Partition {
    /// The prefix of its regions.
    prefix: &'static str,
    /// The pseudo-region of its global services.
    whole: &'static str,
    /// The suffix of its hosts.
    suffix: &'static str,
    /// IAM's host, without the suffix.
    iam: &'static str,
    /// The signing region of IAM.
    home: &'static str,
}

const fn partition([prefix, whole, suffix, iam, home]: [&'static str; 5]) -> Partition {
    Partition { prefix, whole, suffix, iam, home }
}

/// The partitions. A region that matches no prefix is of the first. The first match counts, so
/// a prefix of another prefix must come after it.
const PARTITIONS: [Partition; 8] = [
    partition(["aws-global", "aws-global", "amazonaws.com", "iam", "us-east-1"]),
    partition(["cn-", "aws-cn-global", "amazonaws.com.cn", "iam.cn-north-1", "cn-north-1"]),
    partition(["us-gov-", "aws-us-gov-global", "amazonaws.com", "iam.us-gov", "us-gov-west-1"]),
    partition(["us-iso-", "aws-iso-global", "c2s.ic.gov", "iam.us-iso-east-1", "us-iso-east-1"]),
    partition([
        "us-isob-",
        "aws-iso-b-global",
        "sc2s.sgov.gov",
        "iam.us-isob-east-1",
        "us-isob-east-1",
    ]),
    partition([
        "us-isof-",
        "aws-iso-f-global",
        "csp.hci.ic.gov",
        "iam.us-isof-south-1",
        "us-isof-south-1",
    ]),
    partition([
        "eu-isoe-",
        "aws-iso-e-global",
        "cloud.adc-e.uk",
        "iam.eu-isoe-west-1",
        "eu-isoe-west-1",
    ]),
    partition(["eusc-", "aws-eusc-global", "amazonaws.eu", "iam.eusc-de-east-1", "eusc-de-east-1"]),
];

/// Refuses variants of endpoints that are not supported, in place of using the standard ones.
fn decline_variants(configuration: &Configuration) -> Result<(), ClientError> {
    for (variable, setting) in [
        ("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"),
        ("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"),
    ] {
        if configuration.flag(variable, setting) {
            let text = format!(
                "`{setting}` is set, and the addresses of such endpoints are not known here: name \
                 the endpoint with --endpoint-url"
            );
            return Err(ClientError::Declined(text));
        }
    }
    Ok(())
}

/// Whether a region is a valid label of a host name. A number is not.
fn is_region(region: &str) -> bool {
    region.is_empty() || url::is_label(region) && !region.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(api: Api, url: Option<&str>, region: Option<&str>) -> String {
        let configuration = Configuration::read(&|_| None, None).unwrap();
        let options =
            ConnectionOptions { region: region.map(str::to_owned), ..ConnectionOptions::default() };
        match EndpointAddress::resolve(api, url, &configuration, &options) {
            Ok(address) => format!("{} {} {}", address.url, address.host, address.region),
            Err(error) => error.to_string(),
        }
    }

    /// The expected values are botocore 1.44's.
    #[test]
    fn each_region_has_awss_own_address() {
        for (region, iam, sts) in [
            (None, "iam.amazonaws.com us-east-1", "sts.amazonaws.com us-east-1"),
            (Some("aws-global"), "iam.amazonaws.com us-east-1", "sts.amazonaws.com us-east-1"),
            (
                Some("eu-west-1"),
                "iam.amazonaws.com us-east-1",
                "sts.eu-west-1.amazonaws.com eu-west-1",
            ),
            (
                Some("cn-northwest-1"),
                "iam.cn-north-1.amazonaws.com.cn cn-north-1",
                "sts.cn-northwest-1.amazonaws.com.cn cn-northwest-1",
            ),
            (
                Some("us-gov-east-1"),
                "iam.us-gov.amazonaws.com us-gov-west-1",
                "sts.us-gov-east-1.amazonaws.com us-gov-east-1",
            ),
            (
                Some("us-iso-west-1"),
                "iam.us-iso-east-1.c2s.ic.gov us-iso-east-1",
                "sts.us-iso-west-1.c2s.ic.gov us-iso-west-1",
            ),
            (
                Some("us-isob-east-1"),
                "iam.us-isob-east-1.sc2s.sgov.gov us-isob-east-1",
                "sts.us-isob-east-1.sc2s.sgov.gov us-isob-east-1",
            ),
            (
                Some("us-isof-south-1"),
                "iam.us-isof-south-1.csp.hci.ic.gov us-isof-south-1",
                "sts.us-isof-south-1.csp.hci.ic.gov us-isof-south-1",
            ),
            (
                Some("eu-isoe-west-1"),
                "iam.eu-isoe-west-1.cloud.adc-e.uk eu-isoe-west-1",
                "sts.eu-isoe-west-1.cloud.adc-e.uk eu-isoe-west-1",
            ),
            (
                Some("eusc-de-east-1"),
                "iam.eusc-de-east-1.amazonaws.eu eusc-de-east-1",
                "sts.eusc-de-east-1.amazonaws.eu eusc-de-east-1",
            ),
            (Some("mars"), "iam.amazonaws.com us-east-1", "sts.mars.amazonaws.com mars"),
        ] {
            for (api, expected) in [(Api::Iam, iam), (Api::Sts, sts)] {
                let (host, signed) = expected.split_once(' ').unwrap();
                let expected = format!("https://{host}/ {host} {signed}");
                assert_eq!(resolve(api, None, region), expected, "{region:?}");
                assert_eq!(resolve(api, Some("aws"), region), expected, "{region:?}");
            }
        }
    }

    #[test]
    fn a_named_address_is_parsed_and_completed() {
        for (url, expected) in [
            ("http://127.0.0.1:5000", "http://127.0.0.1:5000/ 127.0.0.1:5000"),
            ("HTTP://Ex.Ample:80/a/?b=c#d", "http://Ex.Ample:80/a/?b=c ex.ample"),
            ("https://h:443", "https://h:443/ h"),
            ("https://h:80", "https://h:80/ h:80"),
            ("http://[::1]:80/", "http://[::1]:80/ [::1]"),
            ("http://[::1]", "http://[::1]/ [::1]"),
            ("http://me:secret@h/", "http://h/ h"),
            ("http://h.", "http://h./ h."),
            ("http://h?x", "http://h/?x h"),
        ] {
            let expected = format!("{expected} r-1");
            assert_eq!(resolve(Api::Iam, Some(url), Some("r-1")), expected, "{url}");
        }
        assert_eq!(resolve(Api::Iam, Some("foo"), Some("r-1")), "Invalid endpoint: foo");
        let nowhere = "Invalid endpoint: https://sts..amazonaws.com";
        assert_eq!(resolve(Api::Sts, None, Some("")), nowhere);
    }

    #[test]
    fn a_named_address_needs_a_region_and_a_region_must_be_a_label() {
        assert_eq!(resolve(Api::Iam, Some("http://h"), None), "You must specify a region.");
        for region in ["not a region", "-x", "x-", "a_b", "123", &"x".repeat(64)] {
            let expected =
                format!("Provided region_name '{region}' doesn't match a supported format.");
            assert_eq!(resolve(Api::Iam, Some("http://h"), Some(region)), expected);
            assert_eq!(resolve(Api::Sts, None, Some(region)), expected);
        }
    }

    #[test]
    fn only_hosts_of_aws_are_its_own() {
        let options = ConnectionOptions {
            region: Some("us-east-1".to_owned()),
            ..ConnectionOptions::default()
        };
        let configuration = Configuration::read(&|_| None, None).unwrap();
        let is_aws = |url| {
            EndpointAddress::resolve(Api::Iam, Some(url), &configuration, &options)
                .unwrap()
                .is_aws()
        };
        assert!(is_aws("aws") && is_aws("https://iam.amazonaws.com:443/"));
        assert!(!is_aws("http://localhost") && !is_aws("https://iam.amazonaws.com.example.org"));
        assert!(!is_aws("https://notamazonaws.com"));
    }

    #[test]
    fn unsupported_variants_are_refused() {
        let variable = |name: &str| (name == "AWS_USE_FIPS_ENDPOINT").then(|| "true".to_owned());
        let configuration = Configuration::read(&variable, None).unwrap();
        let resolved =
            EndpointAddress::resolve(Api::Iam, None, &configuration, &ConnectionOptions::default());
        assert!(resolved.unwrap_err().to_string().starts_with("`use_fips_endpoint` is set"));
    }
}
