//! The `highwater` program on Linux.

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    highwater_cli::cli::main(runtime_linux::Linux)
}

#[cfg(not(target_os = "linux"))]
fn main() -> std::process::ExitCode {
    eprintln!("this program is the one for Linux; on macOS, run the package runtime-macos");
    std::process::ExitCode::FAILURE
}
