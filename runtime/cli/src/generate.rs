//! `highwater gen`: writes the seeded stream as a flow file.
//!
//! What is not whole does not appear under its name: a file is written beside it and renamed at the
//! end. Only standard output, pipes and devices are written as they are.

use highwater_console::flow_output::FlowOutput;
use highwater_console::paths::Paths;
use highwater_console::{CommandError, note};
use highwater_flows::flow::{HEADER, push_line};
use highwater_flows::outputs::OutputError;
use highwater_flows::stream::{SEED_DEFAULT, Stream};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// Commands between two looks at the wish to stop.
const COMMANDS_AT_ONCE: u64 = 4_096;
/// From so many commands on a terminal shows a progress bar.
const PROGRESS_FROM: u64 = 500_000;
/// Bytes of text that are gathered before they are written.
const PIECE_BYTES: usize = 256 << 10;

/// Write the seeded stream as a flow file: the same seed gives the same file on every machine.
///
/// The stream trades 4 instruments; about 51 % of the commands are NEW, 4 % IOC, 39 % CANCEL, 2 %
/// REDUCE and 4 % REPLACE. None of them is rejected.
#[derive(Clone, Debug, clap::Args)]
pub struct GenArgs {
    /// Seed of the stream, any integer from 0 to 2^64 - 1
    #[arg(long, value_name = "N", default_value_t = SEED_DEFAULT)]
    pub seed: u64,
    /// How many commands to write, one a line after the header
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub commands: u64,
    /// File to write; compressed when its name ends in .gz; - for standard output
    #[arg(long, value_name = "FILE.csv[.gz]")]
    pub out: PathBuf,
}

/// Writes the stream that `args` describe. When `stop` is raised it ends early and leaves no file.
///
/// # Errors
///
/// When the output cannot be written, or would destroy a log; no file is left then either.
pub fn generate(args: &GenArgs, stop: &AtomicBool) -> Result<(), CommandError> {
    Paths::default().writes_or_stdout("--out", Some(&args.out)).check()?;
    let mut output = FlowOutput::create(&args.out).map_err(|error| failure(&args.out, error))?;
    let written =
        write_stream(args, stop, &mut output).map_err(|error| failure(&args.out, error))?;
    if written < args.commands {
        let (commands, out) = (args.commands, args.out.display());
        note(&format!("stopped after {written} of {commands} commands: {out} is incomplete"));
        return Ok(());
    }
    output.finish().map_err(|error| failure(&args.out, error))?;
    let (seed, out) = (args.seed, args.out.display());
    note(&format!("{written} commands of seed {seed} written to {out}"));
    Ok(())
}

fn failure(out: &Path, error: io::Error) -> CommandError {
    let error = OutputError::new("stream", out, error);
    if error.is_broken_pipe() { CommandError::ClosedPipe } else { CommandError::failed(error) }
}

/// Writes header and commands; returns how many commands.
fn write_stream(args: &GenArgs, stop: &AtomicBool, output: &mut FlowOutput) -> io::Result<u64> {
    let progress = progress_bar(args.commands);
    let mut stream = Stream::new(args.seed);
    let mut text = Vec::with_capacity(PIECE_BYTES + (64 << 10));
    text.extend_from_slice(HEADER.as_bytes());
    let mut written = 0;
    while written < args.commands && !stop.load(Ordering::Acquire) {
        let count = COMMANDS_AT_ONCE.min(args.commands - written);
        for _ in 0..count {
            push_line(&mut text, &stream.next_line());
            if text.len() >= PIECE_BYTES {
                output.write_all(&text)?;
                text.clear();
            }
        }
        written += count;
        progress.set_position(written);
    }
    progress.finish_and_clear();
    output.write_all(&text)?;
    Ok(written)
}

/// A bar on standard error, which shows itself on terminals only.
fn progress_bar(commands: u64) -> ProgressBar {
    if commands < PROGRESS_FROM {
        return ProgressBar::hidden();
    }
    let template = "{bar:40} {human_pos} of {human_len} commands, {eta} left";
    let style = ProgressStyle::with_template(template);
    let style = style.unwrap_or_else(|_error| ProgressStyle::default_bar());
    ProgressBar::new(commands).with_style(style)
}

// They write gzip.
#[cfg(all(test, feature = "gzip"))]
mod tests {
    use super::*;
    use highwater_flows::flow::{FlowReader, FlowStep};
    use std::fs;

    /// A directory of this test's own under `target`.
    fn directory(name: &str) -> PathBuf {
        let parent = std::env::current_exe().unwrap().parent().unwrap().join("generate-tests");
        let directory = parent.join(name);
        let _absent = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).unwrap();
        directory
    }

    fn args(out: &Path) -> GenArgs {
        GenArgs { seed: 7, commands: 10_000, out: out.to_owned() }
    }

    fn files(directory: &Path) -> usize {
        fs::read_dir(directory).unwrap().count()
    }

    #[test]
    fn what_is_written_is_the_stream() {
        let directory = directory("whole");
        for name in ["flow.csv", "flow.csv.gz"] {
            let args = args(&directory.join(name));
            generate(&args, &AtomicBool::new(false)).unwrap();
            let mut reader = FlowReader::open(&args.out).unwrap();
            for line in Stream::new(7).take(10_000) {
                assert_eq!(reader.next_line(), Ok(FlowStep::Line(line)));
            }
            assert_eq!(reader.next_line(), Ok(FlowStep::End));
        }
        assert_eq!(files(&directory), 2, "nothing else is left");
        let packed = fs::metadata(directory.join("flow.csv.gz")).unwrap().len();
        let plain = fs::metadata(directory.join("flow.csv")).unwrap().len();
        assert!(packed * 2 < plain, "{packed} of {plain} bytes");
    }

    #[test]
    fn a_stop_leaves_nothing_and_what_stood_there_stays() {
        let directory = directory("stopped");
        let out = directory.join("flow.csv");
        fs::write(&out, "before").unwrap();
        generate(&args(&out), &AtomicBool::new(true)).unwrap();
        assert_eq!(fs::read_to_string(&out).unwrap(), "before");
        assert_eq!(files(&directory), 1);
    }

    #[test]
    fn a_failure_names_the_file_and_leaves_nothing() {
        let directory = directory("failed");
        let generate = |out: &Path| {
            let stop = AtomicBool::new(false);
            match generate(&args(out), &stop) {
                Err(CommandError::Failed(sentence) | CommandError::WrongUsage(sentence)) => {
                    sentence
                }
                other => panic!("{other:?}"),
            }
        };
        let sentence = generate(&directory.join("absent/flow.csv"));
        assert!(sentence.starts_with("cannot write the stream to "), "{sentence}");
        assert!(sentence.contains("absent/flow.csv: No such file"), "{sentence}");
        let taken = directory.join("flow.csv");
        fs::create_dir(&taken).unwrap();
        let sentence = generate(&taken);
        assert!(sentence.contains("flow.csv: Is a directory"), "{sentence}");
        assert_eq!(files(&directory), 1);
    }
}
