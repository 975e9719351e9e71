//! Writes the man pages of the program, and completions for shells, into two folders.
//!
//! `cargo run -p highwater-cli --example manual -- DIR` makes `DIR/man` and `DIR/completions`. They
//! are made of the same text as `--help`, and nothing of what makes them is in the program.

use clap::ValueEnum;
use clap_complete::Shell;
use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let folder: OsString = std::env::args_os().nth(1).ok_or("name the folder to write into")?;
    write(Path::new(&folder))?;
    Ok(())
}

/// Writes a page for each command, and a file for each shell.
pub(crate) fn write(folder: &Path) -> std::io::Result<()> {
    let (pages, completions) = (folder.join("man"), folder.join("completions"));
    fs::create_dir_all(&pages)?;
    fs::create_dir_all(&completions)?;
    clap_mangen::generate_to(highwater_cli::cli::command(), &pages)?;
    for shell in Shell::value_variants() {
        let mut command = highwater_cli::cli::command();
        clap_complete::generate_to(*shell, &mut command, "highwater", &completions)?;
    }
    Ok(())
}
