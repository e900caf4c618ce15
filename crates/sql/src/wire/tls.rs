//! TLS: from two PEM files, and the authorities that vouch for clients, to a configuration.
//!
//! Not here: handshakes.

use std::{fs, path::PathBuf, sync::Arc};

use data_encoding::BASE64;
use rustls::{
    RootCertStore, ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::WebPkiClientVerifier,
};
use serde_json::Value;

use super::{Error, scram};

/// A certificate, its key, and who vouches for clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    /// PEM, in base64. Where there is any, clients without a certificate are refused.
    authorities: Vec<String>,
}

/// What was read of it.
pub(super) struct Loaded {
    pub(super) config: Arc<ServerConfig>,
    /// What proofs of passwords are bound to.
    pub(super) binding: Option<Vec<u8>>,
}

impl Tls {
    /// Reads the form that StackQL has for it, a JSON object with `keyFilePath`, `certFilePath`
    /// and, where clients must have certificates, `clientCAs`.
    pub fn parse(text: &str) -> Result<Self, String> {
        const FORM: &str = "give an object of JSON with keyFilePath, certFilePath and, for mutual \
                            TLS, clientCAs, a list of PEM in base64";
        let object: Value =
            serde_json::from_str(text).map_err(|error| format!("{error}: {FORM}"))?;
        let path = |name: &str| object.get(name).and_then(Value::as_str).map(PathBuf::from);
        let (Some(key), Some(certificate)) = (path("keyFilePath"), path("certFilePath")) else {
            return Err(FORM.to_owned());
        };
        let authorities = match object.get("clientCAs") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(all)) => {
                let texts = all.iter().map(|one| one.as_str().map(str::to_owned));
                texts.collect::<Option<_>>().ok_or(FORM)?
            }
            Some(_) => return Err(FORM.to_owned()),
        };
        Ok(Self { certificate, key, authorities })
    }
}

/// Reads the files.
pub(super) fn load(tls: &Tls) -> Result<Loaded, Error> {
    let file = |path: &PathBuf, what| {
        let path = path.clone();
        move |problem: String| Error::Tls { what, path, problem }
    };
    let wrong = |what: &'static str| file(&tls.certificate, what);
    let read =
        |path: &PathBuf, what| fs::read(path).map_err(|error| file(path, what)(error.to_string()));
    let certificate = read(&tls.certificate, "certificate")?;
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&certificate)
        .collect::<Result<_, _>>()
        .map_err(|error| wrong("certificate")(error.to_string()))?;
    if chain.is_empty() {
        return Err(wrong("certificate")("it holds none".to_owned()));
    }
    let binding = chain.first().and_then(|certificate| scram::binding(certificate));
    let key = read(&tls.key, "private key")?;
    let key = PrivateKeyDer::from_pem_slice(&key)
        .map_err(|error| file(&tls.key, "private key")(error.to_string()))?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong("certificate")(error.to_string()))?;
    let builder = if tls.authorities.is_empty() {
        builder.with_no_client_auth()
    } else {
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(authorities(tls)?), provider);
        let verifier = verifier.build().map_err(|error| Error::Authorities(error.to_string()))?;
        builder.with_client_cert_verifier(verifier)
    };
    let mut config = builder
        .with_single_cert(chain, key)
        .map_err(|error| wrong("certificate")(error.to_string()))?;
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    Ok(Loaded { config: Arc::new(config), binding })
}

fn authorities(tls: &Tls) -> Result<RootCertStore, Error> {
    let told = |problem: String| Error::Authorities(problem);
    let mut roots = RootCertStore::empty();
    for authority in &tls.authorities {
        let plain: String = authority.split_whitespace().collect();
        let pem = BASE64.decode(plain.as_bytes()).map_err(|error| told(error.to_string()))?;
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            let certificate = certificate.map_err(|error| told(error.to_string()))?;
            roots.add(certificate).map_err(|error| told(error.to_string()))?;
        }
        if roots.len() == before {
            return Err(told("one holds no certificate".to_owned()));
        }
    }
    Ok(roots)
}
