//! Any arguments of any command, up to the first call.
#![no_main]

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicUsize, Ordering},
};

use libfuzzer_sys::fuzz_target;
use vmfa_cli::{CliContext, DebugLog, Terminal, catalogue};
use vmfa_client::{Calls, ClientError, Configuration, ConnectionOptions};

/// The words of each command, and its options.
static COMMANDS: LazyLock<Vec<(Vec<String>, Vec<String>)>> = LazyLock::new(|| {
    let global = catalogue::global_options();
    let mut commands = Vec::new();
    for service in catalogue::services() {
        let waiters = service.waiters.iter().map(|listed| (Some("wait"), listed));
        for (before, listed) in service.commands.iter().map(|l| (None, l)).chain(waiters) {
            let words = [Some(service.name), before, Some(&listed.name)];
            let words = words.into_iter().flatten().map(str::to_owned).collect();
            let options = listed.options.iter().chain(&global);
            commands.push((words, options.map(|option| format!("--{}", option.name)).collect()));
        }
    }
    commands
});

fuzz_target!(|data: (u8, Vec<(u8, &str)>)| {
    let (at, given) = data;
    // A number beyond the last command means no command.
    let none = (Vec::new(), Vec::new());
    let (mut words, options) = COMMANDS.get(usize::from(at)).unwrap_or(&none).clone();
    for (option, value) in given {
        words.extend(options.get(usize::from(option)).cloned());
        words.push(value.to_owned());
    }
    // Files of this machine must not be read, and `configure` writes files.
    if words.iter().any(|w| w.contains("file:") || w.contains("fileb:") || w == "configure") {
        return;
    }
    let connected = AtomicUsize::new(0);
    let connect =
        |_: &Configuration, _: &ConnectionOptions, _| -> Result<Box<dyn Calls>, ClientError> {
            connected.fetch_add(1, Ordering::Relaxed);
            Err(ClientError::NoCredentials)
        };
    let variable = |name: &str| match name {
        "AWS_CONFIG_FILE" | "AWS_SHARED_CREDENTIALS_FILE" => Some("/none".to_owned()),
        _ => None,
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = vmfa_cli::run(
        &words,
        &connect,
        &mut CliContext {
            program: "aws",
            variable: &variable,
            out: &mut out,
            err: &mut err,
            terminal: Terminal::none(),
            log: Arc::new(DebugLog::silent()),
            pause: &|_| {},
        },
    );
    assert!([0, 252, 253, 255].contains(&code), "{words:?}: {code}");
    assert!(code == 0 || !err.is_empty(), "{words:?}: {code} without a message");
    if code == 252 {
        assert!(connected.into_inner() == 0 && out.is_empty(), "{words:?}: {out:?}");
    }
});
