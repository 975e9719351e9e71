//! The `highwater-macos` program.

#[cfg(target_os = "macos")]
fn main() -> std::process::ExitCode {
    highwater_cli::cli::main(runtime_macos::MacOs)
}

#[cfg(not(target_os = "macos"))]
fn main() -> std::process::ExitCode {
    eprintln!("this program is the one for macOS; on Linux, run the package runtime-linux");
    std::process::ExitCode::FAILURE
}
