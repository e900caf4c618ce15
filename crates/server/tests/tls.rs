//! TLS, and the addresses that need it.
#![expect(
    clippy::unwrap_used,
    reason = "a test ends where its surroundings are not as it needs them"
)]

use std::{error::Error as _, fs, net::TcpStream, path::Path, sync::Arc, time::Duration};

use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName},
};
use vmfa_iam::Api;
use vmfa_server::{Config, Server, TlsFiles};
use vmfa_testkit::{Harness, RawConnection, TestService};

/// A certificate for localhost in files beside the store, and in DER.
fn certified(test: &TestService) -> (TlsFiles, CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = test.directory.path().join("cert.pem");
    let key = test.directory.path().join("key.pem");
    fs::write(&certificate, made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    (TlsFiles { certificate, key }, made.cert.der().clone())
}

fn connect(
    server: &Harness,
    trusted: CertificateDer<'static>,
    protocols: &[&str],
) -> RawConnection {
    let mut roots = RootCertStore::empty();
    roots.add(trusted).unwrap();
    let mut config = ClientConfig::builder_with_provider(aws_lc_rs::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    RawConnection::over(StreamOwned::new(connection, stream))
}

#[test]
fn the_api_is_served_over_tls() {
    let test = TestService::new();
    let (tls, trusted) = certified(&test);
    let server = Harness::serve(test, |config| config.tls = Some(tls));
    let request = server.client().signed(Api::Iam, "ListVirtualMFADevices", &[]);
    for protocols in [&["h2", "http/1.1"][..], &[]] {
        let mut wire = connect(&server, trusted.clone(), protocols);
        for _ in 0..2 {
            assert_eq!(wire.send(&request).answer().outcome(), "200");
        }
    }
    // A client of HTTP/2 alone, or without TLS, gets no response and affects no other.
    let mut wire = connect(&server, trusted.clone(), &["h2"]);
    assert!(wire.send(&request).try_answer(true).is_none());
    assert!(!server.connect().send(&request).is_closed());
    let mut wire = connect(&server, trusted, &["http/1.1"]);
    assert_eq!(wire.send(&request).answer().outcome(), "200");
}

#[test]
fn a_handshake_must_end_in_time() {
    let test = TestService::new();
    let (tls, trusted) = certified(&test);
    let server = Harness::serve(test, |config| {
        config.tls = Some(tls);
        config.limits.handshake_time = Duration::from_millis(200);
    });
    assert!(server.connect().is_closed());
    assert!(server.connect().send([22, 3, 1]).is_closed());
    let request = server.client().signed(Api::Iam, "ListVirtualMFADevices", &[]);
    let mut wire = connect(&server, trusted, &["http/1.1"]);
    assert_eq!(wire.send(&request).answer().outcome(), "200");
}

#[test]
fn non_loopback_addresses_need_tls_or_insecure_http() {
    let test = TestService::new();
    let mut config = Config::new(([0, 0, 0, 0], 0).into());
    assert_eq!(
        refused(&config),
        "refusing plain HTTP on `0.0.0.0:0`, which other machines can reach: seeds could be intercepted; \
         give --tls-cert and --tls-key, listen on 127.0.0.1, or allow it with --insecure-http"
    );
    config.insecure_http = true;
    Server::bind(&config).unwrap();
    config.insecure_http = false;
    config.tls = Some(certified(&test).0);
    Server::bind(&config).unwrap();
}

#[test]
fn tls_errors_name_the_file_and_the_cause() {
    let test = TestService::new();
    let (good, _) = certified(&test);
    let refused = |certificate: &Path, key: &Path| {
        let mut config = Config::new(([127, 0, 0, 1], 0).into());
        config.tls = Some(TlsFiles { certificate: certificate.into(), key: key.into() });
        refused(&config).replace(test.directory.path().to_str().unwrap(), "DIR")
    };
    let file = |name: &str, text: &str| {
        let path = test.directory.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let (cert, key) = (&good.certificate, &good.key);
    let missing = refused(Path::new("/no/such/file"), key);
    assert_eq!(missing, "cannot read `/no/such/file`: No such file or directory (os error 2)");
    assert_eq!(
        refused(key, key),
        "no certificate in `DIR/key.pem`: give a PEM file that contains one"
    );
    assert_eq!(
        refused(cert, cert),
        "no private key in `DIR/cert.pem`: give a PEM file that contains one"
    );
    let empty = file("empty.pem", "");
    assert_eq!(
        refused(&empty, key),
        "no certificate in `DIR/empty.pem`: give a PEM file that contains one"
    );
    let cut = fs::read_to_string(cert).unwrap().replace("-----END", "");
    assert_eq!(
        refused(&file("cut.pem", &cut), key),
        "the certificate in `DIR/cut.pem` is malformed: give a complete PEM file"
    );
    let begin = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert_eq!(
        refused(&file("short.pem", begin), key),
        "cannot use the certificate in `DIR/short.pem` with the private key in `DIR/key.pem`: \
         invalid peer certificate: BadEncoding"
    );
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let other = file("other.pem", &other.signing_key.serialize_pem());
    assert_eq!(
        refused(cert, &other),
        "the private key in `DIR/other.pem` does not match the certificate in `DIR/cert.pem`; \
         give a matching pair"
    );
}

/// The error of a server that cannot be bound, with its cause.
fn refused(config: &Config) -> String {
    let error = Server::bind(config).err().unwrap();
    let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
    format!("{error}{cause}")
}
