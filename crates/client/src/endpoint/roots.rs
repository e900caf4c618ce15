//! Whom to trust when TLS is spoken: a file of certificates, or the system's.

use std::sync::Arc;

use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use crate::{Configuration, Trouble, Wishes};

/// How TLS is spoken. Nothing is read where it is not.
///
/// # Errors
/// `InvalidConfig` for a file that cannot be used.
pub(super) fn tls(
    secure: bool,
    configuration: &Configuration,
    wishes: &Wishes,
) -> Result<TlsConfig, Trouble> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = TlsConfig::builder().unversioned_rustls_crypto_provider(provider);
    if !secure || !wishes.verify {
        let none = RootCerts::new_with_certs(&[]);
        return Ok(builder.root_certs(none).disable_verification(secure).build());
    }
    let named = wishes.ca_bundle.as_deref();
    let named = named
        .or_else(|| configuration.variable("AWS_CA_BUNDLE"))
        .or_else(|| configuration.setting("ca_bundle"))
        .or_else(|| configuration.variable("REQUESTS_CA_BUNDLE"));
    let certificates = match named {
        Some(file) => bundle(file)?,
        None => system(),
    };
    Ok(builder.root_certs(RootCerts::new_with_certs(&certificates)).build())
}

/// The certificates in a file.
fn bundle(file: &str) -> Result<Vec<Certificate<'static>>, Trouble> {
    let pem = std::fs::read(file).map_err(|_| {
        Trouble::InvalidConfig(format!(
            "Could not find a suitable TLS CA certificate bundle, invalid path: {file}"
        ))
    })?;
    let certificates: Vec<_> = parse_pem(&pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        return Err(Trouble::InvalidConfig(format!("there is no certificate in `{file}`")));
    }
    Ok(certificates)
}

/// The certificates that the system trusts. Those that cannot be read are as good as not there: an
/// endpoint that needs one of them is then refused.
fn system() -> Vec<Certificate<'static>> {
    let found = rustls_native_certs::load_native_certs().certs;
    found.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect()
}
