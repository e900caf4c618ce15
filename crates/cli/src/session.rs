//! A command whose words are known, from its options to its answer, each step in the order in which
//! the AWS CLI takes it.
//!
//! Not here: what the steps are.

use std::{
    io::{ErrorKind, Write},
    sync::Arc,
};

use vmfa_client::{Calls, ClientError, Configuration, ConnectionOptions};
use vmfa_iam::{Api, Call};
use vmfa_jmespath::Expression;
use vmfa_model::{Shape, json::TimeFormat};
use vmfa_render::{Format, Screen};

use crate::{
    Connect, Surroundings,
    answer::{self, Printing},
    arguments::{Positional, Scanned, scan},
    command::{self, Command, HELP},
    configure::{self, CONFIGURE},
    debug::{Witness, is_secret},
    failure::{Failure, Told, invalid_choice},
    globals::Globals,
    help, interrupt,
    outfile::Outfile,
    pager::{self, Output},
    progress::Progress,
    skeleton, terminal,
    values::{Given, Raw},
    wait::Waiter,
};

/// A command, and all that goes for it.
pub(crate) struct Session<'c> {
    pub(crate) globals: Globals,
    pub(crate) configuration: Configuration,
    pub(crate) wishes: ConnectionOptions,
    /// That the profile is missing is told only once it is needed.
    pub(crate) lacks_profile: Option<ClientError>,
    pub(crate) query: Option<Expression>,
    pub(crate) times: TimeFormat,
    pub(crate) connect: Connect<'c>,
}

impl Session<'_> {
    /// Does it.
    pub(crate) fn dispatch(mut self, around: &mut Surroundings<'_>) -> Told<()> {
        let name = std::mem::take(&mut self.globals.command);
        let rest = std::mem::take(&mut self.globals.rest);
        if name == HELP {
            return program_help(rest, around);
        }
        match command::api(&name) {
            Some(api) => self.operation(api, rest, around),
            None if name == CONFIGURE => self.configure(rest, around),
            None => Err(Failure::Exit(
                WRONG,
                format!(
                    "vmfa has no `{name}`, which the AWS CLI has: its commands are `iam`, `sts` \
                     and `configure`"
                ),
            )),
        }
    }

    fn configure(self, rest: Vec<String>, around: &mut Surroundings<'_>) -> Told<()> {
        let (configuration, wishes, connect) = (&self.configuration, &self.wishes, self.connect);
        configure::run(rest, configure::Task { configuration, wishes, connect, around })
    }

    fn operation(self, api: Api, rest: Vec<String>, around: &mut Surroundings<'_>) -> Told<()> {
        let (name, rest) = command::operation(api, rest)?;
        match name.as_str() {
            HELP => help(&[api.name()], around),
            WAIT => self.wait(api, rest, around),
            _ => {
                let action = command::action(api, &name);
                let action = action.ok_or_else(|| absent(around.program, api, &name))?;
                match command::options(action, rest)? {
                    Command::Help => help(&[api.name(), &name], around),
                    Command::Given(raw) => self.perform(raw, None, around),
                }
            }
        }
    }

    fn wait(self, api: Api, rest: Vec<String>, around: &mut Surroundings<'_>) -> Told<()> {
        if rest == [HELP] {
            return help(&[api.name(), WAIT], around);
        }
        let check = |name: &str| {
            let known = Waiter::find(api, name).is_some();
            if known { Ok(()) } else { Err(invalid_choice("subcommand", name, Waiter::names(api))) }
        };
        let positional = Positional { name: "subcommand", required: false, check: &check };
        let Scanned { word, rest, .. } = scan(rest, &[], &|_| false, positional)?;
        let Some(name) = word else {
            let program = around.program;
            if !rest.is_empty() {
                return Err(Failure::Unknown(vec![rest.join(",")]));
            }
            return Err(Failure::Parameter(format!(
                "usage: {program} [options] {} {WAIT} <subcommand> [parameters]\n\
                 {program}: [ERROR]: too few arguments",
                api.name()
            )));
        };
        let waiter = Waiter::find(api, &name);
        let found = waiter.and_then(|waiter| Some((waiter, vmfa_iam::find(api, waiter.action)?)));
        let (waiter, action) =
            found.ok_or_else(|| absent(around.program, api, &format!("{WAIT} {name}")))?;
        match command::options(action, rest)? {
            Command::Help => help(&[api.name(), WAIT, &name], around),
            Command::Given(raw) => self.perform(raw, Some(waiter), around),
        }
    }

    fn perform(self, raw: Raw, waiter: Option<&Waiter>, around: &mut Surroundings<'_>) -> Told<()> {
        let mut given = raw.load(self.globals.paginate, around)?;
        let outfile = given.outfile.take();
        let outfile = match outfile {
            Some((path, field)) => Some((Outfile::path(&path, around)?, field)),
            None => None,
        };
        if let Some(warning) = given.paging.warning() {
            // Nothing is left to tell it to.
            let _ = around.err.write_all(warning.as_bytes());
        }
        given.read_documents()?;
        match given.skeleton.take().as_deref() {
            Some("input") => return print(around, &skeleton::input(given.action)),
            Some("yaml-input") => return print(around, &skeleton::yaml_input(given.action)),
            Some(_) => return self.skeleton(given, around),
            None => {}
        }

        if let Some(trouble) = self.lacks_profile {
            return Err(trouble.into());
        }
        let action = given.action;
        let endpoint = self.configuration.endpoint_url(action.api, &self.wishes)?;
        let named = endpoint.is_some();
        let mut input = given.input();
        if named {
            self.globals.check_timeouts()?;
        } else {
            // The data directory is not touched for what is wrong.
            input = Ok(input?);
        }
        if action.output().is_some() {
            // What cannot be told is not asked for.
            finished(around.out.flush())?;
        }
        let connect = || (self.connect)(&self.configuration, &self.wishes, action.api);
        let log = Arc::clone(&around.log);
        if let Some(waiter) = waiter {
            // An endpoint is kept; the data directory others may need meanwhile.
            let kept = named.then(connect).transpose()?;
            let call = Call { action, input: input? };
            let ask = |call| {
                let witnessed = |calls: &dyn Calls| Witness { calls, log: &log }.call(call);
                Ok(match &kept {
                    Some(calls) => witnessed(&**calls),
                    None => witnessed(&*connect()?),
                })
            };
            return waiter.wait(&call, &ask, around.pause);
        }
        let calls = connect()?;
        let call = Call { action, input: input? };
        let outfile = outfile.map(|(path, field)| Outfile::open(path, field)).transpose()?;
        // A secret that is shown this once is shown before Ctrl-C is obeyed.
        let holds = |shape| is_secret(&Shape::Structure(shape));
        let once = action.writes() && action.output().is_some_and(holds);
        let _held = once.then(interrupt::hold);
        let progress = Progress::new(around.terminal);
        self.shown(around, move |printing, out| {
            let witness = Witness { calls: &*calls, log: &log };
            let counted = progress.over(&witness);
            let show = |out: &mut dyn Write| {
                let mut out = progress.before(out);
                let told = answer::show(&counted, call, &given.paging, printing, outfile, &mut out);
                progress.erase();
                told
            };
            if named || !out.is_paged() {
                return show(out);
            }
            // Others may need the data directory while a person reads.
            let mut answer = Vec::new();
            let told = show(&mut answer);
            drop(calls);
            told.and(finished(out.write_all(&answer)))
        })
    }

    /// The skeleton of an answer, which is printed as one, once the input is right. What is wrong
    /// with itself is told first, as the AWS CLI's stub is told its answer before it is called.
    fn skeleton(self, mut given: Given, around: &mut Surroundings<'_>) -> Told<()> {
        if let Some(trouble) = self.lacks_profile {
            return Err(trouble.into());
        }
        given.paging.paginate = false;
        self.shown(around, |printing, out| {
            let format = printing.format.as_ref().ok();
            let document = skeleton::output(given.action, format.copied())?;
            given.input()?;
            answer::print(given.action, document, printing, out)
        })
    }

    /// Has an answer printed, through a pager where one is due.
    fn shown(
        self,
        around: &mut Surroundings<'_>,
        print: impl FnOnce(&Printing, &mut Output<'_>) -> Told<()>,
    ) -> Told<()> {
        let variable = around.variable;
        let of_profile = self.configuration.setting("cli_pager");
        let line = pager::choose(around.terminal, variable, of_profile, self.globals.pager);
        let mut out = Output::new(around.out, line, variable, around.program);
        let wanted = self.globals.color.as_deref();
        let colour = terminal::colour(wanted, around.terminal, out.is_paged());
        let format = self.globals.output.or_else(|| variable("AWS_DEFAULT_OUTPUT"));
        let format = format.as_deref().or_else(|| self.configuration.setting("output"));
        let printing = Printing {
            format: format.map_or(Ok(Format::Json), str::parse),
            query: self.query,
            screen: Screen { columns: around.terminal.columns, colour },
            times: self.times,
        };
        let told = print(&printing, &mut out);
        told.and(finished(out.finish()))?;
        match around.terminal.reset(&printing) {
            Some(reset) => self::print(around, reset),
            None => Ok(()),
        }
    }
}

fn absent(program: &str, api: Api, name: &str) -> Failure {
    let api = api.name();
    Failure::Exit(
        WRONG,
        format!(
            "vmfa has no `{api} {name}`, which AWS has: `{program} {api} help` lists what it has"
        ),
    )
}

/// Shows the program's page, or refuses what follows `help` and is no topic. The AWS CLI takes no
/// names of commands there.
fn program_help(rest: Vec<String>, around: &mut Surroundings<'_>) -> Told<()> {
    if rest == [HELP] {
        return help(&[], around);
    }
    let check = |name: &str| {
        let known = TOPICS.contains(&name);
        if known { Ok(()) } else { Err(invalid_choice("subcommand", name, TOPICS.into_iter())) }
    };
    let positional = Positional { name: "subcommand", required: false, check: &check };
    match scan(rest, &[], &|_| false, positional)?.word {
        None => help(&[], around),
        Some(topic) => Err(Failure::Exit(
            WRONG,
            format!("vmfa has no `{HELP} {topic}`, which the AWS CLI has"),
        )),
    }
}

/// Shows what there is to say of a command, through the pager that manuals have.
pub(crate) fn help(words: &[&str], around: &mut Surroundings<'_>) -> Told<()> {
    let variable = around.variable;
    let pager = ["MANPAGER", "PAGER"].into_iter().find_map(variable);
    let pager = pager.unwrap_or_else(|| "less -R".to_owned());
    let pager = Some(pager).filter(|line| around.terminal.output && !line.is_empty());
    let text = help::text(words, around.program, around.terminal.columns);
    let mut out = Output::new(around.out, pager, variable, around.program);
    let written = out.write_all(text.as_bytes());
    finished(written.and(out.finish()))
}

/// Prints what is no answer.
pub(crate) fn print(around: &mut Surroundings<'_>, text: &str) -> Told<()> {
    finished(around.out.write_all(text.as_bytes()).and_then(|()| around.out.flush()))
}

fn finished(written: std::io::Result<()>) -> Told<()> {
    match written {
        // Whoever was reading has seen enough.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(pager::unwritten(&error)),
        _ => Ok(()),
    }
}

/// The exit code of words that are not those of a command.
pub(crate) const WRONG: u8 = 252;
/// The operation that waits.
pub(crate) const WAIT: &str = "wait";
/// The topics of the AWS CLI 2.36, on which it has pages and vmfa has none.
const TOPICS: [&str; 7] = [
    "topics",
    "config-vars",
    "ddb-expressions",
    "return-codes",
    "s3-case-insensitivity",
    "s3-config",
    "s3-faq",
];
