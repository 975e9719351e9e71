//! Prints the header of the C interface, as cbindgen makes it of the sources.
//!
//! `cargo run -p highwater-capi --example header > capi/include/highwater.h` writes it anew.

use std::error::Error;
use std::path::Path;

/// The header of the crate in `folder`.
pub(crate) fn header(folder: &Path) -> Result<String, Box<dyn Error>> {
    let config = cbindgen::Config::from_file(folder.join("cbindgen.toml"))?;
    let mut text = Vec::new();
    cbindgen::Builder::new().with_crate(folder).with_config(config).generate()?.write(&mut text);
    // What Rust calls safety is what every function of C asks of its caller.
    Ok(String::from_utf8(text)?.replace("* # Safety\n", "* The caller vouches:\n"))
}

/// Prints it.
pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    print!("{}", header(Path::new(env!("CARGO_MANIFEST_DIR")))?);
    Ok(())
}
