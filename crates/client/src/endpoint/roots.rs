//! Whom to trust when TLS is spoken: a file of certificates, or the system's.
//!
//! Not here: the connection.

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

/// How TLS is spoken.
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
    let trusting = |whom| Arc::new(Trusting { whom, provider: Arc::clone(&provider) });
    let verifier: Arc<dyn ServerCertVerifier> = match named {
        _ if !options.verify => trusting(Whom::Anybody),
        Some(file) => {
            let bundle = bundle(file)?;
            let inner = verifier(bundle.clone(), &provider).map_err(|error| unusable(&error))?;
            trusting(Whom::Bundle(inner, bundle))
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
    // One that cannot be read is as good as not there.
    store.add_parsable_certificates(roots);
    WebPkiServerVerifier::builder_with_provider(Arc::new(store), Arc::clone(provider)).build()
}

/// The certificates in a file.
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
        return Err(ClientError::InvalidConfig(format!("there is no certificate in `{file}`")));
    }
    Ok(found)
}

/// What botocore says of a file without a name.
const NO_NAME: &str = "Invalid CA bundle: the configured value (ca_bundle, AWS_CA_BUNDLE, \
     REQUESTS_CA_BUNDLE, or verify) resolved to an empty or whitespace-only string. Provide a valid \
     path to a CA bundle file.";

/// The certificates that the system trusts. Those that cannot be read are as good as not there: an
/// endpoint that needs one of them is then refused.
fn system() -> Vec<CertificateDer<'static>> {
    rustls_native_certs::load_native_certs().certs
}

/// Trusts others than those alone whom an authority vouches for.
#[derive(Debug)]
struct Trusting {
    whom: Whom,
    provider: Arc<CryptoProvider>,
}

#[derive(Debug)]
enum Whom {
    /// Those whom the certificates of a file vouch for, and those themselves.
    Bundle(Arc<WebPkiServerVerifier>, Vec<CertificateDer<'static>>),
    /// Whoever has the key of the certificate that they show, as `--no-verify-ssl` asks for.
    Anybody,
}

impl ServerCertVerifier for Trusting {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Whom::Bundle(inner, bundle) = &self.whom else {
            return Ok(ServerCertVerified::assertion());
        };
        match inner.verify_server_cert(certificate, others, name, ocsp, now) {
            // What `openssl req -x509` makes says that it is an authority's, and is refused for
            // that, once its dates are found good. It stands in the file as it is, so that nobody
            // needs to vouch for it; OpenSSL sees it so too.
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
