//! The TLS configuration: the certificates of a file, or the system's, are trusted.

use std::sync::Arc;

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _},
    server::ParsedCertificate,
};

use crate::{ClientError, Configuration, ConnectionOptions};

/// The configuration of TLS.
///
/// # Errors
/// `InvalidConfig` for a file that cannot be used.
pub(super) fn tls(
    configuration: &Configuration,
    options: &ConnectionOptions,
) -> Result<Arc<ClientConfig>, ClientError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let unusable = |error: &dyn std::fmt::Display| ClientError::InvalidConfig(error.to_string());
    let named = options.ca_bundle.as_deref();
    let named = named
        .or_else(|| configuration.variable("AWS_CA_BUNDLE"))
        .or_else(|| configuration.setting("ca_bundle"))
        .or_else(|| configuration.variable("REQUESTS_CA_BUNDLE").filter(|file| !file.is_empty()));
    let accept = |trust| Arc::new(BundleVerifier { trust, provider: Arc::clone(&provider) });
    let verifier: Arc<dyn ServerCertVerifier> = match named {
        _ if !options.verify => accept(Trust::Any),
        Some(file) => {
            let bundle = bundle(file)?;
            let inner = verifier(bundle.clone(), &provider).map_err(|error| unusable(&error))?;
            accept(Trust::Bundle(inner, bundle))
        }
        None => verifier(system(), &provider).map_err(|error| unusable(&error))?,
    };
    let config =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| unusable(&error))?;
    let config = config.dangerous().with_custom_certificate_verifier(verifier);
    Ok(Arc::new(config.with_no_client_auth()))
}

fn verifier(
    roots: Vec<CertificateDer<'static>>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, rustls::client::VerifierBuilderError> {
    let mut store = RootCertStore::empty();
    // A certificate that does not parse is ignored.
    store.add_parsable_certificates(roots);
    WebPkiServerVerifier::builder_with_provider(Arc::new(store), Arc::clone(provider)).build()
}

/// The certificates in a PEM file.
fn bundle(file: &str) -> Result<Vec<CertificateDer<'static>>, ClientError> {
    if file.trim().is_empty() {
        return Err(ClientError::InvalidConfig(NO_NAME.to_owned()));
    }
    let pem = std::fs::read(file).map_err(|_| {
        ClientError::InvalidConfig(format!(
            "Could not find a suitable TLS CA certificate bundle, invalid path: {file}"
        ))
    })?;
    let found: Vec<_> = CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok).collect();
    if found.is_empty() {
        return Err(ClientError::InvalidConfig(format!(
            "no certificate in `{file}`: give a PEM file that contains one"
        )));
    }
    Ok(found)
}

/// botocore's error for an empty file name.
const NO_NAME: &str = "Invalid CA bundle: the configured value (ca_bundle, AWS_CA_BUNDLE, \
     REQUESTS_CA_BUNDLE, or verify) resolved to an empty or whitespace-only string. Provide a valid \
     path to a CA bundle file.";

/// The system's trusted certificates. Errors are ignored: an endpoint that needs a certificate that
/// cannot be read is refused.
fn system() -> Vec<CertificateDer<'static>> {
    rustls_native_certs::load_native_certs().certs
}

/// A verifier that trusts more than certificates signed by an authority.
#[derive(Debug)]
struct BundleVerifier {
    trust: Trust,
    provider: Arc<CryptoProvider>,
}

#[derive(Debug)]
enum Trust {
    /// Certificates that are signed by one of the bundle, and those of the bundle themselves.
    Bundle(Arc<WebPkiServerVerifier>, Vec<CertificateDer<'static>>),
    /// Any certificate, for `--no-verify-ssl`. The server still proves that it has the key.
    Any,
}

impl ServerCertVerifier for BundleVerifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Trust::Bundle(inner, bundle) = &self.trust else {
            return Ok(ServerCertVerified::assertion());
        };
        match inner.verify_server_cert(certificate, others, name, ocsp, now) {
            // A certificate of `openssl req -x509` is marked as an authority's, and rustls refuses
            // it as a server's, after it has checked the dates. Since it is in the bundle itself,
            // it is trusted, as by OpenSSL.
            Err(Error::InvalidCertificate(CertificateError::Other(_)))
                if bundle.iter().any(|known| known == certificate) =>
            {
                verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
