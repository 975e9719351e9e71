//! The command line: what can be asked for, and which exit code says how it went.

use crate::auction::{AuctionArgs, auction};
use crate::bench::{BenchArgs, bench};
use crate::conform::{ConformArgs, conform};
use crate::console::{CommandError, Console, note};
use crate::dump::{DumpArgs, dump};
use crate::generate::{GenArgs, generate};
use crate::platform::Platform;
use crate::run::{RunArgs, run};
use crate::signals::StopFlag;
use crate::verify::{VerifyArgs, verify};
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// A limit-order-book matching engine that tells nobody anything it could still lose.
///
/// Without a command it runs: it matches a seeded stream of 2,000,000 commands over 4 instruments,
/// logs every command, and releases every answer only when its command is on stable storage. Run
/// again, it goes on where it stood.
///
/// Exit codes: 0 done (or stopped cleanly by SIGINT, SIGTERM or a closed pipe), 1 failed (a
/// sentence on standard error says what and what to do), 2 wrong usage.
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
    Gen(GenArgs),
    Verify(VerifyArgs),
    Dump(DumpArgs),
    Auction(AuctionArgs),
    Conform(ConformArgs),
    Bench(BenchArgs),
}

/// Does what the command line asks for on `platform`.
pub fn main<P: Platform>(platform: P) -> ExitCode {
    let cli = Cli::parse();
    match dispatch(platform, cli) {
        Ok(()) | Err(CommandError::ClosedPipe) => ExitCode::SUCCESS,
        Err(CommandError::Failed(sentence)) => {
            note(&sentence);
            ExitCode::FAILURE
        }
    }
}

fn dispatch<P: Platform>(platform: P, cli: Cli) -> Result<(), CommandError> {
    let console = Console::on_stdout();
    match cli.command {
        None => run(platform, &cli.run),
        Some(CliCommand::Run(args)) => run(platform, &args),
        Some(CliCommand::Gen(args)) => generate(&args, stop_flag(platform)?.as_atomic()),
        Some(CliCommand::Verify(args)) => verify(platform, &args, console),
        Some(CliCommand::Dump(args)) => dump(platform, &args, console),
        Some(CliCommand::Auction(args)) => auction(platform, &args, &stop_flag(platform)?),
        Some(CliCommand::Conform(args)) => conform(&args, console),
        Some(CliCommand::Bench(args)) => bench(platform, &args, console),
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
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
