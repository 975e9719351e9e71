//! What each set of features brings into the tree, as `cargo tree` sees it: nothing for one kind of
//! machine, nothing that compiles C, and the listed packages where they are said to be.

use std::collections::BTreeSet;
use std::process::Command;

/// The targets that programs are built for.
const TARGETS: [&str; 3] =
    ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "aarch64-apple-darwin"];

/// Packages for one kind of machine, or for machines without an operating system, begin like this.
const OF_ONE_MACHINE: [&str; 8] =
    ["cortex-m", "critical-section", "embedded-", "riscv", "avr", "esp-", "msp430", "xtensa"];

/// Packages that compile C or look for it.
const COMPILE_C: [&str; 4] = ["cc", "cmake", "pkg-config", "bindgen"];

/// Every set of features that programs and libraries are built with, the smallest and the largest
/// of each crate among them.
const SETS: [(&str, &[&str]); 20] = [
    ("highwater", &[]),
    ("highwater", &["--all-features"]),
    ("highwater-book", &[]),
    ("highwater-capi", &[]),
    ("highwater-protocols", &[]),
    ("highwater-host", &[]),
    ("highwater-flows", &["--no-default-features"]),
    ("highwater-flows", &[]),
    ("highwater-publisher", &[]),
    ("highwater-tls", &[]),
    ("highwater-tls", &["--all-features"]),
    ("highwater-gateway", &[]),
    ("highwater-monitor", &[]),
    ("highwater-gateway", &["--all-features"]),
    ("highwater-cli", &["--no-default-features"]),
    ("highwater-cli", &[]),
    ("runtime-linux", &["--no-default-features"]),
    ("runtime-linux", &[]),
    ("runtime-macos", &["--no-default-features"]),
    ("runtime-macos", &[]),
];

type Names = BTreeSet<String>;

/// The packages that a crate is built of for a target; `edges` as `cargo tree` knows them.
fn tree(package: &str, features: &[&str], target: &str, edges: &str) -> Names {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["tree", "--locked", "--prefix", "none", "--format", "{p}", "--edges", edges]);
    cargo.args(["--package", package, "--target", target]).args(features);
    let output = cargo.output().expect("cargo runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{package} {features:?} {target}: {said}");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

/// What must not be in a tree.
fn complaints(names: &Names) -> Vec<&str> {
    let is_bad = |name: &str| {
        OF_ONE_MACHINE.iter().any(|start| name.starts_with(start)) || COMPILE_C.contains(&name)
    };
    names.iter().map(String::as_str).filter(|name| is_bad(name)).collect()
}

#[test]
fn no_tree_holds_what_is_for_one_machine_or_compiles_c() {
    for (package, features) in SETS {
        for target in TARGETS {
            let names = tree(package, features, target, "normal,build");
            assert!(names.contains(package), "{package} is in its own tree");
            assert_eq!(complaints(&names), Vec::<&str>::new(), "{package} {features:?} {target}");
        }
    }
}

#[test]
fn the_core_needs_three_packages_and_others_where_something_is_missing() {
    let names = |names: &[&str]| names.iter().copied().map(str::to_owned).collect::<Names>();
    for target in TARGETS {
        // What a derive needs runs in the compiler.
        let core = |features| tree("highwater", features, target, "normal,no-proc-macro");
        let mut least = names(&["arrayvec", "bytemuck", "crc", "crc-catalog", "highwater"]);
        if target.starts_with("x86_64") {
            // Which instructions there are is asked at run time.
            least.insert("cpufeatures".to_owned());
        }
        assert_eq!(core(&["--no-default-features"]), least, "{target}");
        assert_eq!(core(&[]), least, "nothing is on by default");
        let mut all = core(&["--all-features"]);
        assert!(all.remove("portable-atomic"), "{target}: where atomics are missing");
        assert_eq!(all, least, "{target}");
    }
}

#[test]
fn the_protocols_need_no_package() {
    let protocols = tree("highwater-protocols", &[], TARGETS[0], "normal,build");
    assert_eq!(protocols, ["highwater-protocols".to_owned()].into());
}

#[test]
fn a_feature_brings_its_package_and_nothing_else_does() {
    let linux = |features: &[&str]| tree("runtime-linux", features, TARGETS[0], "normal");
    let (least, most) = (linux(&["--no-default-features"]), linux(&[]));
    for (feature, package) in [("affinity", "core_affinity"), ("gzip", "flate2"), ("tls", "rustls")]
    {
        assert!(!least.contains(package), "{package} is not in the smallest");
        assert!(most.contains(package), "{package} is in the largest");
        let alone = linux(&["--no-default-features", "--features", feature]);
        assert!(alone.contains(package), "{feature} brings {package}");
    }
    assert!(least.is_subset(&most), "features add");
}

#[test]
fn the_readme_counts_the_packages_of_the_smallest_program_and_the_largest() {
    let readme = include_str!("../../README.md");
    for (row, features) in [
        ("| smallest, `--no-default-features` |", ["--no-default-features"]),
        ("| largest, the default |", ["--all-features"]),
    ] {
        let row = readme.lines().find(|line| line.starts_with(row)).expect("there is such a row");
        let said = row.trim_end_matches([' ', '|']).rsplit(' ').next();
        let count = tree("runtime-linux", &features, TARGETS[0], "normal").len();
        assert_eq!(said, Some(count.to_string().as_str()), "{row}");
    }
}

#[test]
fn the_listed_packages_are_where_they_are_said_to_be() {
    let (linux, apple) = (TARGETS[0], TARGETS[2]);
    for (listed, package, target, edges) in [
        ("crc", "highwater", linux, "normal"),
        ("arrayvec", "highwater", linux, "normal"),
        ("arrayvec", "highwater-flows", linux, "normal"),
        ("arrayvec", "highwater-capi", linux, "normal"),
        ("heapless", "highwater-flows", linux, "normal"),
        ("self_cell", "highwater-book", linux, "normal"),
        ("rustix", "runtime-linux", linux, "normal"),
        ("core_affinity", "runtime-linux", linux, "normal"),
        ("rustix", "runtime-macos", apple, "normal"),
        ("libc", "runtime-macos", apple, "normal"),
        ("criterion", "bench", linux, "normal,dev"),
    ] {
        let direct = direct_of(package, target, edges);
        assert!(direct.contains(listed), "{package} depends on {listed} itself: {direct:?}");
    }
}

/// What a crate depends on itself.
fn direct_of(package: &str, target: &str, edges: &str) -> Names {
    tree(package, &["--depth", "1"], target, edges)
}

#[test]
fn bad_packages_are_found() {
    let names: Names = ["cortex-m-rt", "critical-section", "cc", "crc", "ccc", "embedded-hal"]
        .map(str::to_owned)
        .into();
    assert_eq!(complaints(&names), ["cc", "cortex-m-rt", "critical-section", "embedded-hal"]);
}
