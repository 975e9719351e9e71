//! What a command reads and writes, compared before anything is opened: no output may destroy an
//! input, another output or a log.
//!
//! Files are compared by device and inode, so that links and roundabout paths make no difference.
//! What several may use at one time, a pipe or a device, is compared with nothing.

use crate::CommandError;
use highwater_flows::resolved_path::{FileKind, Inode, ResolvedPath, STANDARD};
use highwater_storage::{is_log_name, looks_like_log};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Directories below a data directory that are looked into for a file that has two names: the
/// engine makes one level of them.
const DEPTH_MAX: u32 = 3;

/// The paths of one command.
#[derive(Debug, Default)]
pub struct Paths {
    inputs: Vec<Named>,
    outputs: Vec<Named>,
    data: Vec<Named>,
}

/// A path, and the option that names it.
#[derive(Debug)]
struct Named {
    option: &'static str,
    path: PathBuf,
    resolved_path: ResolvedPath,
}

impl Named {
    fn new(option: &'static str, path: &Path) -> Self {
        Self { option, path: path.to_owned(), resolved_path: ResolvedPath::of(path) }
    }
}

impl Paths {
    /// The command reads this file.
    #[must_use]
    pub fn reads(mut self, option: &'static str, path: Option<&Path>) -> Self {
        self.inputs.extend(path.map(|path| Named::new(option, path)));
        self
    }

    /// The command reads this file, or standard input for `-`.
    #[must_use]
    pub fn reads_or_stdin(mut self, option: &'static str, path: Option<&Path>) -> Self {
        match path {
            Some(path) if path == STANDARD => {
                let resolved_path = ResolvedPath::of_stream(&io::stdin());
                self.inputs.push(Named { option, path: path.to_owned(), resolved_path });
                self
            }
            other => self.reads(option, other),
        }
    }

    /// The command writes this file or directory.
    #[must_use]
    pub fn writes(mut self, option: &'static str, path: Option<&Path>) -> Self {
        self.outputs.extend(path.map(|path| Named::new(option, path)));
        self
    }

    /// The command writes this file, or standard output for `-`.
    #[must_use]
    pub fn writes_or_stdout(mut self, option: &'static str, path: Option<&Path>) -> Self {
        match path {
            Some(path) if path == STANDARD => {
                let resolved_path = ResolvedPath::of_stream(&io::stdout());
                self.outputs.push(Named { option, path: path.to_owned(), resolved_path });
                self
            }
            other => self.writes(option, other),
        }
    }

    /// The command works with the log in this directory, which need not be there yet.
    #[must_use]
    pub fn data(mut self, option: &'static str, path: &Path) -> Self {
        self.data.push(Named::new(option, path));
        self
    }

    /// Looks for an output that would destroy something.
    ///
    /// # Errors
    /// The first that does, as wrong usage: one sentence.
    pub fn check(&self) -> Result<(), CommandError> {
        let clash = self.outputs.iter().enumerate().find_map(|(index, output)| {
            self.shared_with(output, index)
                .or_else(|| self.data.iter().find_map(|data| clash_with_data(output, data)))
                .or_else(|| clash_with_any_log(output))
        });
        clash.map_or(Ok(()), |sentence| Err(CommandError::WrongUsage(sentence)))
    }

    /// An input or an earlier output that is the same file.
    fn shared_with(&self, output: &Named, index: usize) -> Option<String> {
        let others = self.inputs.iter().chain(&self.outputs[..index]);
        let other = others
            .into_iter()
            .find(|other| other.resolved_path.is_same_file(&output.resolved_path))?;
        let (first, second) = (other.option, output.option);
        Some(format!("{first} and {second} name the same file: give each a file of its own"))
    }
}

/// An output that is the data directory, is in it, holds it, or is another name of a file in it.
fn clash_with_data(output: &Named, data: &Named) -> Option<String> {
    let (option, shown) = (output.option, data.path.display());
    if data.resolved_path.is_same_place(&output.resolved_path) {
        return Some(format!(
            "{option} names the data directory '{shown}' itself, which only the engine writes: \
             name a path outside of it"
        ));
    }
    let is_linked = || {
        let inode = output.resolved_path.inode_of_file();
        inode.is_some_and(|inode| holds_inode(&data.path, inode, DEPTH_MAX))
    };
    if data.resolved_path.holds(&output.resolved_path) || is_linked() {
        return Some(format!(
            "{option} names a file in the data directory '{shown}', which only the engine writes: \
             name a path outside of it"
        ));
    }
    output.resolved_path.holds(&data.resolved_path).then(|| {
        format!(
            "{option} names a directory that holds the data directory '{shown}': \
             name another path"
        )
    })
}

/// An output with a name that only engines give, or in a directory that holds somebody's log.
fn clash_with_any_log(output: &Named) -> Option<String> {
    let (option, shown) = (output.option, output.path.display());
    if output.resolved_path.kind() == FileKind::Special {
        return None;
    }
    let path = output.resolved_path.path()?;
    if path.file_name().is_some_and(is_log_name) {
        return Some(format!(
            "{option} names '{shown}', and files of that name are the engine's: \
             give the output another name"
        ));
    }
    let log = path.ancestors().skip(1).find(|directory| looks_like_log(directory))?;
    Some(format!(
        "{option} names a file in the data directory '{}', which only the engine writes: \
         name a path outside of it",
        log.display()
    ))
}

/// Whether a file in `directory`, or in a directory in it, has this inode.
fn holds_inode(directory: &Path, inode: Inode, depth: u32) -> bool {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| {
        let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_directory {
            return depth > 0 && holds_inode(&entry.path(), inode, depth - 1);
        }
        Inode::of(&entry.path()) == Some(inode)
    })
}

#[cfg(test)]
mod tests;
