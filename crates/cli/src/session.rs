//! Runs a parsed command, each step in the AWS CLI's order.

use std::{
    io::{ErrorKind, Write},
    sync::Arc,
};

use vmfa_client::{Calls, ClientError, Configuration, ConnectionOptions};
use vmfa_iam::{Api, Call};
use vmfa_jmespath::Expression;
use vmfa_model::{Shape, json::TimeFormat};
use vmfa_render::{Format, TableStyle};

use crate::{
    CliContext, Connect,
    arguments::{ParsedArguments, Positional, scan},
    command::{self, HELP, ParsedCommand},
    configure::{self, CONFIGURE},
    debug::{LoggedCalls, is_secret},
    error::{CliError, Result, invalid_choice},
    globals::GlobalOptions,
    help, interrupt,
    outfile::Outfile,
    pager::{self, PagedOutput},
    printer::{self, PrintOptions},
    progress::Progress,
    skeleton, terminal,
    values::{CommandInput, RawOptions},
    wait::Waiter,
};

/// A command with its global options and configuration.
pub(crate) struct Invocation<'c> {
    pub(crate) globals: GlobalOptions,
    pub(crate) configuration: Configuration,
    pub(crate) connection: ConnectionOptions,
    /// The error for a missing profile, which is reported when the profile is needed.
    pub(crate) lacks_profile: Option<ClientError>,
    pub(crate) query: Option<Expression>,
    pub(crate) times: TimeFormat,
    pub(crate) connect: Connect<'c>,
}

impl Invocation<'_> {
    pub(crate) fn dispatch(mut self, context: &mut CliContext<'_>) -> Result<()> {
        let name = std::mem::take(&mut self.globals.command);
        let rest = std::mem::take(&mut self.globals.rest);
        if name == HELP {
            return program_help(rest, context);
        }
        match command::api(&name) {
            Some(api) => self.operation(api, rest, context),
            None if name == CONFIGURE => self.configure(rest, context),
            None => Err(CliError::Exit(
                WRONG,
                format!(
                    "vmfa does not have the AWS CLI's command `{name}`; it has `iam`, `sts` and \
                     `configure`"
                ),
            )),
        }
    }

    fn configure(self, rest: Vec<String>, context: &mut CliContext<'_>) -> Result<()> {
        let (configuration, connection, connect) =
            (&self.configuration, &self.connection, self.connect);
        configure::run(
            rest,
            configure::ConfigureContext { configuration, connection, connect, context },
        )
    }

    fn operation(self, api: Api, rest: Vec<String>, context: &mut CliContext<'_>) -> Result<()> {
        let (name, rest) = command::operation(api, rest)?;
        match name.as_str() {
            HELP => help(&[api.name()], context),
            WAIT => self.wait(api, rest, context),
            _ => {
                let action = command::action(api, &name);
                let action = action.ok_or_else(|| absent(context.program, api, &name))?;
                match command::options(action, rest)? {
                    ParsedCommand::Help => help(&[api.name(), &name], context),
                    ParsedCommand::Run(raw) => self.perform(raw, None, context),
                }
            }
        }
    }

    fn wait(self, api: Api, rest: Vec<String>, context: &mut CliContext<'_>) -> Result<()> {
        if rest == [HELP] {
            return help(&[api.name(), WAIT], context);
        }
        let check = |name: &str| {
            let known = Waiter::find(api, name).is_some();
            if known { Ok(()) } else { Err(invalid_choice("subcommand", name, Waiter::names(api))) }
        };
        let positional = Positional { name: "subcommand", required: false, check: &check };
        let ParsedArguments { word, rest, .. } = scan(rest, &[], &|_| false, positional)?;
        let Some(name) = word else {
            let program = context.program;
            if !rest.is_empty() {
                return Err(CliError::UnknownOptions(vec![rest.join(",")]));
            }
            return Err(CliError::ParamValidation(format!(
                "usage: {program} [options] {} {WAIT} <subcommand> [parameters]\n\
                 {program}: [ERROR]: too few arguments",
                api.name()
            )));
        };
        let waiter = Waiter::find(api, &name);
        let found = waiter.and_then(|waiter| Some((waiter, vmfa_iam::find(api, waiter.action)?)));
        let (waiter, action) =
            found.ok_or_else(|| absent(context.program, api, &format!("{WAIT} {name}")))?;
        match command::options(action, rest)? {
            ParsedCommand::Help => help(&[api.name(), WAIT, &name], context),
            ParsedCommand::Run(raw) => self.perform(raw, Some(waiter), context),
        }
    }

    fn perform(
        self,
        raw: RawOptions,
        waiter: Option<&Waiter>,
        context: &mut CliContext<'_>,
    ) -> Result<()> {
        let mut given = raw.load(self.globals.paginate, context)?;
        let outfile = given.outfile.take();
        let outfile = match outfile {
            Some((path, field)) => Some((Outfile::path(&path, context)?, field)),
            None => None,
        };
        if let Some(warning) = given.paging.warning() {
            // Standard error failed: there is no other place to report it.
            let _ = context.err.write_all(warning.as_bytes());
        }
        given.read_documents()?;
        match given.skeleton.take().as_deref() {
            Some("input") => return print(context, &skeleton::input(given.action)),
            Some("yaml-input") => return print(context, &skeleton::yaml_input(given.action)),
            Some(_) => return self.skeleton(given, context),
            None => {}
        }

        if let Some(trouble) = self.lacks_profile {
            return Err(trouble.into());
        }
        let action = given.action;
        let endpoint = self.configuration.endpoint_url(action.api, &self.connection)?;
        let named = endpoint.is_some();
        let mut input = given.input();
        if named {
            self.globals.check_timeouts()?;
        } else {
            // Invalid input does not open the data directory.
            input = Ok(input?);
        }
        if action.output().is_some() {
            // Do not make a call whose response cannot be printed.
            finished(context.out.flush())?;
        }
        let connect = || (self.connect)(&self.configuration, &self.connection, action.api);
        let log = Arc::clone(&context.log);
        if let Some(waiter) = waiter {
            // Connects once to an endpoint; releases the data directory between attempts.
            let kept = named.then(connect).transpose()?;
            let call = Call { action, input: input? };
            let ask = |call| {
                let witnessed = |calls: &dyn Calls| LoggedCalls { calls, log: &log }.call(call);
                match &kept {
                    Some(calls) => witnessed(&**calls),
                    None => witnessed(&*connect()?),
                }
            };
            return waiter.wait(&call, &ask, context.pause);
        }
        let calls = connect()?;
        let call = Call { action, input: input? };
        let outfile = outfile.map(|(path, field)| Outfile::open(path, field)).transpose()?;
        // A secret that is shown only once is printed before Ctrl-C takes effect.
        let holds = |shape| is_secret(&Shape::Structure(shape));
        let once = action.writes() && action.output().is_some_and(holds);
        let _held = once.then(interrupt::hold);
        let progress = Progress::new(context.terminal);
        self.shown(context, move |printing, out| {
            let witness = LoggedCalls { calls: &*calls, log: &log };
            let counted = progress.over(&witness);
            let show = |out: &mut dyn Write| {
                let mut out = progress.before(out);
                let printed =
                    printer::show(&counted, call, &given.paging, printing, outfile, &mut out);
                progress.erase();
                printed
            };
            if named || !out.is_paged() {
                return show(out);
            }
            // Release the data directory while the user reads.
            let mut answer = Vec::new();
            let printed = show(&mut answer);
            drop(calls);
            printed.and(finished(out.write_all(&answer)))
        })
    }

    /// Prints the skeleton of a response if the input is valid. Violations of the skeleton come
    /// first, as the AWS CLI configures its stub before the call.
    fn skeleton(self, mut given: CommandInput, context: &mut CliContext<'_>) -> Result<()> {
        if let Some(trouble) = self.lacks_profile {
            return Err(trouble.into());
        }
        given.paging.paginate = false;
        self.shown(context, |printing, out| {
            let format = printing.format.as_ref().ok();
            let document = skeleton::output(given.action, format.copied())?;
            given.input()?;
            printer::print(given.action, document, printing, out)
        })
    }

    /// Prints a response, through a pager if one is configured.
    fn shown(
        self,
        context: &mut CliContext<'_>,
        print: impl FnOnce(&PrintOptions, &mut PagedOutput<'_>) -> Result<()>,
    ) -> Result<()> {
        let variable = context.variable;
        let of_profile = self.configuration.setting("cli_pager");
        let line = pager::choose(context.terminal, variable, of_profile, self.globals.pager);
        let mut out = PagedOutput::new(context.out, line, variable, context.program);
        let wanted = self.globals.color.as_deref();
        let colour = terminal::colour(wanted, context.terminal, out.is_paged());
        let format = self.globals.output.or_else(|| variable("AWS_DEFAULT_OUTPUT"));
        let format = format.as_deref().or_else(|| self.configuration.setting("output"));
        let printing = PrintOptions {
            format: format.map_or(Ok(Format::Json), str::parse),
            query: self.query,
            screen: TableStyle { columns: context.terminal.columns, colour },
            times: self.times,
        };
        let printed = print(&printing, &mut out);
        printed.and(finished(out.finish()))?;
        match context.terminal.reset(&printing) {
            Some(reset) => self::print(context, reset),
            None => Ok(()),
        }
    }
}

fn absent(program: &str, api: Api, name: &str) -> CliError {
    let api = api.name();
    CliError::Exit(
        WRONG,
        format!(
            "vmfa does not have the AWS CLI's command `{api} {name}`; `{program} {api} help` lists \
             those that it has"
        ),
    )
}

/// Prints the page of the program, or refuses words after `help` that are not a topic, as the AWS
/// CLI does with names of commands.
fn program_help(rest: Vec<String>, context: &mut CliContext<'_>) -> Result<()> {
    if rest == [HELP] {
        return help(&[], context);
    }
    let check = |name: &str| {
        let known = TOPICS.contains(&name);
        if known { Ok(()) } else { Err(invalid_choice("subcommand", name, TOPICS.into_iter())) }
    };
    let positional = Positional { name: "subcommand", required: false, check: &check };
    match scan(rest, &[], &|_| false, positional)?.word {
        None => help(&[], context),
        Some(topic) => Err(CliError::Exit(
            WRONG,
            format!("vmfa does not have the AWS CLI's help topic `{topic}`"),
        )),
    }
}

/// Prints a help page through the pager for manuals.
pub(crate) fn help(words: &[&str], context: &mut CliContext<'_>) -> Result<()> {
    let variable = context.variable;
    let pager = ["MANPAGER", "PAGER"].into_iter().find_map(variable);
    let pager = pager.unwrap_or_else(|| "less -R".to_owned());
    let pager = Some(pager).filter(|line| context.terminal.output && !line.is_empty());
    let text = help::text(words, context.program, context.terminal.columns);
    let mut out = PagedOutput::new(context.out, pager, variable, context.program);
    let written = out.write_all(text.as_bytes());
    finished(written.and(out.finish()))
}

/// Prints text that is not a response.
pub(crate) fn print(context: &mut CliContext<'_>, text: &str) -> Result<()> {
    finished(context.out.write_all(text.as_bytes()).and_then(|()| context.out.flush()))
}

fn finished(written: std::io::Result<()>) -> Result<()> {
    match written {
        // The reader of standard output closed it.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(pager::unwritten(&error)),
        _ => Ok(()),
    }
}

/// The exit code for invalid commands.
pub(crate) const WRONG: u8 = 252;
pub(crate) const WAIT: &str = "wait";
/// The help topics of the AWS CLI 2.36, which vmfa does not have.
const TOPICS: [&str; 7] = [
    "topics",
    "config-vars",
    "ddb-expressions",
    "return-codes",
    "s3-case-insensitivity",
    "s3-config",
    "s3-faq",
];
