//! The command line: what can be asked for, and which exit code says how it went.

mod hints;

use crate::admin::{AdminArgs, admin};
use crate::backup::{BackupArgs, backup};
use crate::book::{BookArgs, book};
use crate::client::{ClientArgs, client};
use crate::config::{ConfigArgs, print_config};
use crate::consumers::{ConsumersArgs, consumers};
use crate::diff::{DiffArgs, diff};
use crate::doctor::{DoctorArgs, doctor};
use crate::dump::{DumpArgs, dump};
use crate::generate::{GenArgs, generate};
use crate::load::{LoadArgs, load};
use crate::password::{PasswordArgs, password};
use crate::publish::{PublishArgs, publish};
use crate::run::{RunArgs, run};
use crate::serve::{ServeArgs, serve};
use crate::snapshot::{SnapshotArgs, snapshot};
#[cfg(feature = "monitor")]
use crate::top::{TopArgs, top};
use crate::truncate::{TruncateArgs, truncate};
use crate::verify::{VerifyArgs, verify};
use clap::{CommandFactory, Parser, Subcommand};
use highwater_console::{CommandError, Console, note};
use highwater_lab::auction::{AuctionArgs, auction};
use highwater_lab::bench::{BenchArgs, bench};
use highwater_lab::conform::{ConformArgs, ConvertArgs, conform, convert};
use highwater_lab::disk::{DiskArgs, disk};
use highwater_lab::import::{ImportArgs, import};
use highwater_platform::Platform;
use highwater_platform::signals::StopFlag;
use std::process::ExitCode;

/// What `highwater diff` ends with when it could not compare, as diff(1) does.
const INCOMPARABLE: u8 = 2;

/// A limit-order-book matching engine that releases an answer only when it can no longer be lost.
///
/// Without a command it runs the engine: it matches a seeded stream of 2,000,000 commands over 4
/// instruments, logs every command, and releases every answer only when its command is on stable
/// storage. The next run continues where this one ended.
///
/// Exit codes: 0 done (or stopped cleanly by SIGINT, SIGTERM, SIGHUP or a closed pipe), 1 failed (a
/// sentence on standard error says what failed and what to do), 2 wrong usage. `diff` has exit
/// codes of its own.
#[derive(Debug, Parser)]
#[command(name = "highwater", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<CliCommand>,
    #[command(flatten)]
    run: RunArgs,
}

#[derive(Debug, Subcommand)]
enum CliCommand {
    Run(RunArgs),
    Config(ConfigArgs),
    Gen(GenArgs),
    Verify(VerifyArgs),
    Snapshot(SnapshotArgs),
    Consumers(ConsumersArgs),
    Dump(DumpArgs),
    Doctor(DoctorArgs),
    Disk(DiskArgs),
    Book(BookArgs),
    Diff(DiffArgs),
    Backup(BackupArgs),
    Truncate(TruncateArgs),
    Publish(PublishArgs),
    Serve(ServeArgs),
    Client(ClientArgs),
    Load(LoadArgs),
    Admin(AdminArgs),
    #[cfg(feature = "monitor")]
    Top(TopArgs),
    Password(PasswordArgs),
    Auction(AuctionArgs),
    Conform(ConformArgs),
    Import(ImportArgs),
    Convert(ConvertArgs),
    Bench(BenchArgs),
}

/// The exit code for what cannot be asked for, as clap has it.
const WRONG_USAGE: u8 = 2;

/// The whole command line, of which help, man pages and completions are made.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Does what the command line asks for on `platform`.
pub fn main<P: Platform>(platform: P) -> ExitCode {
    let cli = Cli::try_parse().unwrap_or_else(|error| hints::pointed(error).exit());
    match dispatch(platform, cli) {
        Ok(()) | Err(CommandError::ClosedPipe) => ExitCode::SUCCESS,
        Err(CommandError::Failed(sentence) | CommandError::Damaged(sentence)) => {
            note(&sentence);
            ExitCode::FAILURE
        }
        Err(CommandError::WrongUsage(sentence)) => {
            note(&format!("error: {sentence}\n\nFor more information, try '--help'."));
            ExitCode::from(WRONG_USAGE)
        }
        Err(CommandError::Reported | CommandError::Differ) => ExitCode::FAILURE,
        Err(CommandError::Incomparable(sentence)) => {
            note(&sentence);
            ExitCode::from(INCOMPARABLE)
        }
    }
}

fn dispatch<P: Platform>(platform: P, cli: Cli) -> Result<(), CommandError> {
    let console = Console::on_stdout();
    match cli.command {
        None => run(platform, &cli.run),
        Some(CliCommand::Run(args)) => run(platform, &args),
        Some(CliCommand::Config(args)) => print_config(&args, console),
        Some(CliCommand::Gen(args)) => generate(&args, stop_flag(platform)?.as_atomic()),
        Some(CliCommand::Snapshot(args)) => {
            snapshot(platform, &args, console, &stop_flag(platform)?)
        }
        Some(CliCommand::Consumers(args)) => consumers(platform, &args, console),
        Some(CliCommand::Verify(args)) => verify(platform, &args, console),
        Some(CliCommand::Dump(args)) => dump(platform, &args, console),
        Some(CliCommand::Doctor(args)) => doctor(platform, &args, console, &stop_flag(platform)?),
        Some(CliCommand::Disk(args)) => disk(platform, &args, console, &stop_flag(platform)?),
        Some(CliCommand::Book(args)) => book(platform, &args, console),
        Some(CliCommand::Diff(args)) => diff(platform, &args, console),
        Some(CliCommand::Backup(args)) => backup(platform, &args, console, &stop_flag(platform)?),
        Some(CliCommand::Truncate(args)) => {
            truncate(platform, &args, console, &stop_flag(platform)?)
        }
        Some(CliCommand::Publish(args)) => publish(platform, &args, console, &stop_flag(platform)?),
        Some(CliCommand::Serve(args)) => serve(platform, &args, console, &stop_flag(platform)?),
        Some(CliCommand::Client(args)) => client(platform, &args, console, &stop_flag(platform)?),
        Some(CliCommand::Load(args)) => load(platform, &args, console, &stop_flag(platform)?),
        Some(CliCommand::Admin(args)) => admin(platform, &args, console, &stop_flag(platform)?),
        #[cfg(feature = "monitor")]
        Some(CliCommand::Top(args)) => top(platform, &args, console, &stop_flag(platform)?),
        Some(CliCommand::Password(args)) => password(args, console),
        Some(CliCommand::Auction(args)) => auction(&args, &stop_flag(platform)?),
        Some(CliCommand::Conform(args)) => conform(&args, console),
        Some(CliCommand::Convert(args)) => convert(&args, console),
        Some(CliCommand::Import(args)) => import(&args, &stop_flag(platform)?),
        Some(CliCommand::Bench(args)) => bench(platform, &args, console, &stop_flag(platform)?),
    }
}

/// The flag of a command that a signal ends early.
fn stop_flag<P: Platform>(platform: P) -> Result<StopFlag, CommandError> {
    StopFlag::on_signals(platform)
        .map_err(|error| CommandError::failed(format!("could not watch for signals: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_without_a_positional_argument_has_a_flag_to_point_at() {
        for command in Cli::command().get_subcommands() {
            if command.get_name() == "password" {
                // It is told nothing but a password, which no argument may show.
                assert_eq!(command.get_arguments().count(), 0);
                continue;
            }
            let flag = hints::flag_of(command.get_name());
            assert_eq!(flag.is_none(), command.get_positionals().count() > 0, "{command}");
            let has = |wanted: &str| command.get_arguments().any(|a| a.get_long() == Some(wanted));
            assert!(flag.is_none_or(|flag| has(flag.trim_start_matches('-'))), "{command}");
        }
    }
}
