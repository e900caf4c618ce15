//! Loads certificate and private key into a TLS acceptor.

use std::{path::Path, sync::Arc};

use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{
            CertificateDer, PrivateKeyDer,
            pem::{self, PemObject as _},
        },
    },
};

use crate::{Error, TlsFiles};

/// By ALPN only HTTP/1.1 is offered.
pub(crate) fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, Error> {
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .and_then(|chain| if chain.is_empty() { Err(pem::Error::NoItemsFound) } else { Ok(chain) })
        .map_err(unreadable("certificate", &files.certificate))?;
    let key =
        PrivateKeyDer::from_pem_file(&files.key).map_err(unreadable("private key", &files.key))?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|source| match source {
            rustls::Error::InconsistentKeys(_) => Error::KeyMismatch(files.clone()),
            source => Error::UnusableCertificate { files: files.clone(), source },
        })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn unreadable(what: &'static str, path: &Path) -> impl FnOnce(pem::Error) -> Error {
    let path = path.to_owned();
    move |error| match error {
        pem::Error::Io(source) => Error::File { path, source },
        pem::Error::NoItemsFound => Error::NothingInPem { what, path },
        _ => Error::MalformedPem { what, path },
    }
}
