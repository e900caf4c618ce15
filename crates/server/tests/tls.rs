//! TLS, and what is refused without it.
#![expect(
    clippy::unwrap_used,
    reason = "a test ends where its surroundings are not as it needs them"
)]

use std::{fs, net::TcpStream, sync::Arc, time::Duration};

use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName},
};
use vmfa_iam::Api;
use vmfa_server::{Config, Error, Stop, Tls};
use vmfa_testkit::{Harness, TestService, Wire};

/// A certificate for localhost beside the store, and what trusts it.
fn certified(test: &TestService) -> (Tls, CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = test.directory.path().join("cert.pem");
    let key = test.directory.path().join("key.pem");
    fs::write(&certificate, made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    (Tls { certificate, key }, made.cert.der().clone())
}

fn connect(server: &Harness, trusted: CertificateDer<'static>, protocols: &[&str]) -> Wire {
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
    Wire::over(StreamOwned::new(connection, stream))
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
    // Whoever speaks only HTTP/2, or no TLS, is not answered, and harms nobody.
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
fn an_address_beyond_this_machine_needs_tls_or_a_word() {
    let test = TestService::new();
    let mut config = Config::new(([0, 0, 0, 0], 0).into());
    assert_eq!(
        start(&test, &config).unwrap_err().to_string(),
        "`0.0.0.0:0` can be reached from other machines, and without TLS whoever is between reads \
         the seeds: give a certificate and its key, listen on 127.0.0.1, or allow insecure HTTP"
    );
    config.insecure_http = true;
    start(&test, &config).unwrap();
    config.insecure_http = false;
    config.tls = Some(certified(&test).0);
    start(&test, &config).unwrap();
}

#[test]
fn what_is_wrong_with_the_files_is_said() {
    let test = TestService::new();
    let (good, _) = certified(&test);
    let mut config = Config::new(([127, 0, 0, 1], 0).into());
    let refused = |config: &Config| start(&test, config).unwrap_err();

    config.tls = Some(Tls { certificate: "/no/such/file".into(), ..good.clone() });
    assert_eq!(refused(&config).to_string(), "cannot read a certificate from `/no/such/file`");
    let swapped = Tls { certificate: good.certificate.clone(), key: good.certificate.clone() };
    config.tls = Some(swapped);
    assert!(matches!(refused(&config), Error::Pem { what: "private key", .. }));
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(&good.key, other.signing_key.serialize_pem()).unwrap();
    config.tls = Some(good);
    assert!(matches!(refused(&config), Error::Certificate { .. }));
}

/// Starts a server that is told to stop before it begins.
fn start(test: &TestService, config: &Config) -> Result<(), Error> {
    let (stop, stopper) = Stop::by_hand();
    stopper.stop();
    vmfa_server::run(config, &test.service, stop, |_| {})
}
