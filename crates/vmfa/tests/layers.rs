//! Crates depend only on crates below them, in the order of ARCHITECTURE.md.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "metadata of another form fails")]

use std::process::Command;

/// From the top.
const LAYERS: &[&str] = &[
    "vmfa",
    "vmfa-cli",
    "vmfa-mfa",
    "vmfa-sql",
    "vmfa-server",
    "vmfa-client",
    "vmfa-socket",
    "vmfa-query",
    "vmfa-iam",
    "vmfa-store",
    "vmfa-sqlite",
    "vmfa-model",
    "vmfa-sigv4",
    "vmfa-otp",
    "vmfa-jmespath",
    "vmfa-render",
];

/// Crates for development, which no other crate may ship.
const DEVELOPMENT: &[&str] = &["vmfa-testkit", "xtask"];

/// Crates without I/O, clock or randomness, and the dependencies that they may not have.
const LEAVES: &[&str] = &["vmfa-otp", "vmfa-sigv4", "vmfa-jmespath", "vmfa-render", "vmfa-model"];
const OUTSIDE: &[&str] = &["tokio", "getrandom", "rusqlite", "hyper", "axum"];

/// Only these run an async runtime.
const ASYNC: &[&str] = &["vmfa-server"];

#[test]
fn crates_depend_only_on_lower_layers() {
    let packages = packages();
    let place = |name: &str| LAYERS.iter().position(|layer| *layer == name);
    for layer in LAYERS {
        assert!(packages.iter().any(|(name, _)| name == layer), "{layer} is gone");
    }
    for (name, dependencies) in &packages {
        if DEVELOPMENT.contains(&&**name) {
            continue;
        }
        let upper = place(name).unwrap_or_else(|| panic!("{name} is in no layer"));
        for dependency in dependencies {
            if let Some(lower) = place(dependency) {
                assert!(upper < lower, "{name} must not use {dependency}");
            }
            assert_ne!(dependency, "vmfa-testkit", "{name} ships the test kit");
            if LEAVES.contains(&&**name) {
                assert!(!OUTSIDE.contains(&&**dependency), "{name} must not use {dependency}");
            }
            if dependency == "tokio" {
                assert!(ASYNC.contains(&&**name), "{name} must not run an async runtime");
            }
        }
    }
}

/// The packages of the workspace, each with its normal dependencies.
fn packages() -> Vec<(String, Vec<String>)> {
    let cargo = std::env!("CARGO");
    let asked = ["metadata", "--format-version=1", "--no-deps", "--offline"];
    let done = Command::new(cargo).args(asked).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let packages = metadata["packages"].as_array().unwrap().iter().map(|package| {
        let dependencies = package["dependencies"].as_array().unwrap().iter();
        let shipped = dependencies.filter(|dependency| dependency["kind"].is_null());
        (text(&package["name"]), shipped.map(|shipped| text(&shipped["name"])).collect())
    });
    packages.collect()
}
