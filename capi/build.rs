//! Gives the shared library the name that programs find it by; what breaks them changes it.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let system = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    let version = std::env::var("CARGO_PKG_VERSION").unwrap_or_default();
    // Before 1.0.0 the second number tells of what breaks.
    let mut parts = version.split('.');
    let (major, minor) = (parts.next().unwrap_or("0"), parts.next().unwrap_or("0"));
    let abi = if major == "0" { format!("0.{minor}") } else { major.to_owned() };
    let name = format!("libhighwater_capi.so.{abi}");
    // The tests install the library under this name.
    println!("cargo:rustc-env=HW_SONAME={name}");
    if system == "linux" {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,{name}");
    }
}
