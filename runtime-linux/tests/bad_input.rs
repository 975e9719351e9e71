//! Bad input and surroundings end a run with one sentence, exit code 1, and nothing lost.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;

use flate2::Compression;
use flate2::write::GzEncoder;
use program::{Ended, Random, TestDir, last_client_sequence, number};
use rustix::process::Signal;
use std::fs::{self, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::process::Command;

const HEADER: &str = "seq,timestamp_ns,command,order_id,side,price_ticks,qty,new_order_id,symbol\n";

fn place(name: &str) -> TestDir {
    TestDir::new("bad_input", name)
}

/// A line that follows two good ones, where in it the problem is, and a word of what is said.
const MALFORMED: [(&str, u64, &str); 16] = [
    ("x,1,NEW,3,B,1,1,,A", 1, "seq"),
    ("-3,1,NEW,3,B,1,1,,A", 1, "seq"),
    (",1,NEW,3,B,1,1,,A", 1, "empty"),
    ("3,?,NEW,3,B,1,1,,A", 3, "timestamp_ns"),
    ("3,1,new,3,B,1,1,,A", 5, "NEW, IOC, CANCEL, REDUCE or REPLACE"),
    ("3,1,NEW,3.5,B,1,1,,A", 9, "order_id"),
    ("3,1,NEW,3,X,1,1,,A", 11, "B or S"),
    ("3,1,NEW,3,B,1e3,1,,A", 13, "price_ticks"),
    ("3,1,NEW,3,B,1,one,,A", 15, "qty"),
    ("3,1,REPLACE,3,B,1,1,z,A", 21, "new_order_id"),
    ("3,1,NEW,3,B,1,1,,A SYMBOL FAR TOO LONG", 18, "16"),
    ("3,1,NEW,3,B,1,1,,A,more", 20, "expected the line's end"),
    ("3,1,NEW", 8, "the line ends"),
    ("", 1, ""),
    ("seq,timestamp_ns,command,order_id,side,price_ticks,qty,new_order_id,symbol", 1, "seq"),
    ("\0\0\0", 1, "seq"),
];

#[test]
fn a_malformed_line_is_named_and_the_lines_before_it_stand() {
    let place = place("malformed");
    let good = "1,1,NEW,1,B,100,5,,A\n2,1,NEW,2,S,100,3,,A\n";
    for (index, (line, column, word)) in MALFORMED.into_iter().enumerate() {
        let flow = format!("flow{index}.csv");
        place.write(&flow, [HEADER, good, line, "\n4,1,NEW,4,S,100,1,,A\n"].concat());
        let run = format!("run --flow {flow} --data d{index} --fills fills.csv");
        let ended = place.call(&run).expect_code(1);
        let expected = format!("{flow}:4:{column}: ");
        let said = ended.stderr.lines().find(|said| said.starts_with(&expected));
        assert!(said.is_some_and(|said| said.contains(word)), "{line:?}: {ended:?}");
        assert_eq!(last_client_sequence(&place.verified(&format!("d{index}")), 1), 2, "{line:?}");
        assert_eq!(place.read("fills.csv").lines().nth(1), Some("2,0,1,100,3"), "{line:?}");
        // It says the same again, and a mended flow is gone on with.
        place.call(&run).expect_code(1).expect_said(&expected);
        place.write(&flow, [HEADER, good, "3,1,NEW,3,S,100,1,,A\n4,1,NEW,4,S,100,1,,A\n"].concat());
        place.call(&run).expect_code(0);
        assert_eq!(last_client_sequence(&place.verified(&format!("d{index}")), 1), 4, "{line:?}");
        assert_eq!(place.read("fills.csv").lines().last(), Some("4,0,1,100,1"), "{line:?}");
    }
}

#[test]
fn a_malformed_header_is_named() {
    let place = place("header");
    let long = "x".repeat(5_000);
    for header in ["", "\n", "seq\n", "1,1,NEW,1,B,100,5,,A\n", "a,b,c,d,e,f,g,h,i\n", "\0", &long]
    {
        place.write("flow.csv", header);
        place.call("run --flow flow.csv --data d").expect_code(1).expect_said("flow.csv:1:1: ");
    }
}

#[test]
fn a_line_of_a_mebibyte_is_refused_without_being_held() {
    let place = place("long_line");
    let long = "9".repeat(1 << 20);
    place.write("flow.csv", [HEADER, "1,1,NEW,1,B,100,5,,A\n2,1,NEW,", &long, "\n"].concat());
    place
        .call("run --flow flow.csv --data d")
        .expect_code(1)
        .expect_said("flow.csv:3:1: the line is longer than");
    assert_eq!(last_client_sequence(&place.verified("d"), 1), 1);
}

#[test]
fn a_flow_that_cannot_be_read_is_said() {
    let place = place("unreadable");
    place.call("run --flow absent.csv --data d").expect_code(1).expect_said("absent.csv");
    fs::create_dir(place.join("directory.csv")).unwrap();
    place.call("run --flow directory.csv --data d").expect_code(1).expect_said("directory.csv");
    assert!(!place.join("d").exists(), "no data directory is made for a flow that is not there");

    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    let lines: Vec<String> =
        (1..3_000).map(|seq| format!("{seq},1,NEW,{seq},B,{seq},5,,A\n")).collect();
    gzip.write_all([HEADER, &lines.concat()].concat().as_bytes()).unwrap();
    let whole = gzip.finish().unwrap();
    place.write("cut.csv.gz", &whole[..whole.len() / 2]);
    let ended =
        place.call("run --flow cut.csv.gz --data cut").expect_code(1).expect_said("ends too early");
    assert!(ended.stderr.lines().any(|line| line.starts_with("cut.csv.gz:")), "{ended:?}");
    let durable = last_client_sequence(&place.verified("cut"), 1);
    assert!(durable > 0, "the lines before the break stand");
    place.write("cut.csv.gz", &whole);
    place.call("run --flow cut.csv.gz --data cut").expect_code(0);
    assert_eq!(last_client_sequence(&place.verified("cut"), 1), 2_999);

    let mut rotten = whole.clone();
    rotten[whole.len() / 2] ^= 0x10;
    place.write("rotten.csv.gz", rotten);
    let ended = place.call("run --flow rotten.csv.gz --data rotten").expect_code(1);
    assert!(ended.stderr.lines().any(|line| line.starts_with("rotten.csv.gz:")), "{ended:?}");
}

#[test]
fn bytes_that_are_no_flow_are_refused() {
    let place = place("noise");
    let mut random = Random::new(7);
    for round in 0..12_usize {
        let mut bytes = random.bytes(500 * round);
        if round % 3 == 1 {
            bytes.splice(0..0, HEADER.bytes());
        }
        if round % 3 == 2 {
            bytes.splice(0..0, [0x1f, 0x8b]);
        }
        place.write("flow.csv", bytes);
        let ended = place.call("run --flow flow.csv --data d").expect_code(1);
        assert!(ended.stderr.contains("flow.csv"), "round {round}: {ended:?}");
        assert!(!ended.stderr.contains("panicked"), "round {round}: {ended:?}");
    }
}

#[test]
fn a_data_directory_that_cannot_be_is_said() {
    let place = place("no_directory");
    place
        .call("run --limit 1 --data no/parent/d")
        .expect_code(1)
        .expect_said("its parent does not exist");
    assert!(!place.join("no").exists());
    place.write("file", "precious");
    place.call("run --limit 1 --data file").expect_code(1).expect_said("is not a directory");
    place.call("run --limit 1 --data file/d").expect_code(1).expect_said("is not a directory");
    assert_eq!(place.read("file"), "precious");
    for command in ["verify", "dump"] {
        place
            .call(&format!("{command} --data absent"))
            .expect_code(1)
            .expect_said("there is no log in 'absent'");
        place
            .call(&format!("{command} --data file"))
            .expect_code(1)
            .expect_said("is not a directory");
        fs::create_dir_all(place.join("bare")).unwrap();
        place
            .call(&format!("{command} --data bare"))
            .expect_code(1)
            .expect_said("there is no log in 'bare'");
        assert!(
            place.files("bare").is_empty() && !place.join("absent").exists(),
            "{command} creates nothing"
        );
    }
}

#[test]
fn a_data_directory_that_is_read_only_is_said() {
    let place = place("read_only");
    place.done("run --limit 100 --data d");
    let before = place.files("d");
    let set_mode = |path: &str, mode| {
        fs::set_permissions(place.join(path), Permissions::from_mode(mode)).unwrap();
    };
    for (name, _) in &before {
        set_mode(&format!("d/{name}"), 0o444);
    }
    set_mode("d", 0o555);
    if fs::write(place.join("d/try"), "").is_ok() {
        println!("skipped: this user writes where nobody may");
        fs::remove_file(place.join("d/try")).unwrap();
    } else {
        place.call("run --limit 1 --data d").expect_code(1).expect_said("can't be written");
        place.call("run --limit 1 --data d/new").expect_code(1).expect_said("can't be written");
        place.done("verify --data d");
    }
    set_mode("d", 0o755);
    for (name, _) in &before {
        set_mode(&format!("d/{name}"), 0o644);
    }
    place.done("run --limit 1 --data d");
}

#[test]
fn a_data_directory_in_use_is_said_and_left_alone() {
    let place = place("in_use");
    let mut first = place.start("run --data d --rate 2000 --acks acks");
    first.until(|| place.highest_ack("acks") > 100);
    place.call("run --data d --limit 1").expect_code(1).expect_said("is in use by another process");
    let seen = place.highest_ack("acks");
    first.until(|| place.highest_ack("acks") > seen + 100);
    first.signal(Signal::INT);
    first.wait().expect_code(0);
    place.done("run --data d --limit 1");
}

#[test]
fn a_log_of_another_version_is_refused() {
    let place = place("version");
    place.done("run --data d --limit 100");
    let path = place.join("d/0000000000000001.log");
    let mut header = fs::read(&path).unwrap()[..4_096].to_vec();
    assert_eq!(&header[..4], b"HWSG");
    assert_eq!(header[8..12], 3_u32.to_le_bytes());
    for (version, sentence) in [
        (9_u32, "log version 9, which this program does not know; use the program that wrote it"),
        (1, "log version 1, which this program no longer reads; use the program that wrote it"),
    ] {
        // The version stands behind magic and checksum; whoever writes another seals it anew.
        header[8..12].copy_from_slice(&version.to_le_bytes());
        let checksum = crc32c(&[&header[..4], &header[8..]].concat());
        header[4..8].copy_from_slice(&checksum.to_le_bytes());
        OpenOptions::new().write(true).open(&path).unwrap().write_all_at(&header, 0).unwrap();
        for command in ["run --limit 1", "verify", "dump"] {
            let ended = refused(&place, command, sentence);
            assert!(ended.stderr.contains("0000000000000001.log"), "{ended:?}");
        }
    }
}

/// CRC-32C, bit by bit.
fn crc32c(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0x82f6_3b78 * (crc & 1));
        }
    }
    !crc
}

/// Runs a command on the data directory `d`, which it must refuse and leave as it is.
fn refused(place: &TestDir, command: &str, sentence: &str) -> Ended {
    let before = place.files("d");
    let ended = place.call(&format!("{command} --data d")).expect_code(1).expect_said(sentence);
    assert!(place.files("d") == before, "{command}: the data directory changed");
    ended
}

#[test]
fn one_flipped_bit_is_found_and_nothing_is_changed() {
    let place = place("corrupt");
    place.generate(3, 3_000, "flow.csv");
    let run = "run --flow flow.csv --fills fills.csv --acks acks --segment-bytes 64K";
    place.done(&format!("{run} --data d"));
    let told = [place.read("fills.csv"), place.read("acks")];
    let used_bytes = number(&place.verified("d"), "log_bytes");
    let mut random = Random::new(1);
    for _ in 0..12 {
        let at = random.below(used_bytes);
        let name = format!("{:016}.log", at / 65_536 + 1);
        flip(&place, &name, at % 65_536);
        let ended = refused(&place, "verify", "corrupt: ");
        assert!(ended.stderr.contains(&format!("{name}: offset ")), "{at}: {ended:?}");
        refused(&place, run, "corrupt: ");
        assert!(
            [place.read("fills.csv"), place.read("acks")] == told,
            "a refused run told something else"
        );
        assert!(!place.has_partial(), "a refused run left something behind");
        refused(&place, "dump", "corrupt: ");
        flip(&place, &name, at % 65_536);
    }
    place.done("verify --data d");
    place.done(&format!("{run} --data d"));
}

fn flip(place: &TestDir, name: &str, offset: u64) {
    let path = place.join("d").join(name);
    let mut bytes = fs::read(&path).unwrap();
    bytes[usize::try_from(offset).unwrap()] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_missing_or_foreign_segment_is_found() {
    let place = place("segments");
    place.done("run --limit 3000 --data d --segment-bytes 64K");
    let second = place.join("d/0000000000000002.log");
    let bytes = fs::read(&second).unwrap();
    fs::remove_file(&second).unwrap();
    for command in ["run --limit 1", "verify", "dump"] {
        refused(&place, command, "0000000000000002.log is missing");
    }
    fs::copy(place.join("d/0000000000000003.log"), &second).unwrap();
    for command in ["run --limit 1", "verify", "dump"] {
        refused(&place, command, "0000000000000002.log: offset 0");
    }
    fs::write(&second, bytes).unwrap();
    place.done("verify --data d");
}

#[test]
fn bytes_that_are_no_log_are_refused() {
    let place = place("no_log");
    fs::create_dir(place.join("d")).unwrap();
    let mut random = Random::new(5);
    for bytes in [10, 4_096, 8_192, 70_000] {
        place.write("d/0000000000000001.log", random.bytes(bytes));
        for command in ["run --limit 1", "verify", "dump"] {
            let ended = place.call(&format!("{command} --data d"));
            assert!(!ended.stderr.contains("panicked"), "{command} of {bytes} bytes: {ended:?}");
            // A first segment without a whole header and nothing else is an empty log.
            assert!(
                ended.code.is_some_and(|code| code < 2),
                "{command} of {bytes} bytes: {ended:?}"
            );
        }
        place.fill("d", &[]);
    }
}

#[test]
fn an_output_that_cannot_be_written_is_said() {
    let place = place("outputs");
    fs::create_dir(place.join("directory")).unwrap();
    for option in ["--fills", "--events", "--acks"] {
        for path in ["absent/out", "directory"] {
            let ended = place.call(&format!("run --limit 10 --data d {option} {path}"));
            ended.expect_code(1).expect_said(path);
        }
        // What was taken before the output failed is durable.
        let ended = place.call(&format!("run --limit 3000 --data d {option} /dev/full"));
        ended.expect_code(1).expect_said("No space left on device");
        place.done("verify --data d");
    }
    let ended = place.call("gen --commands 10 --out absent/flow.csv");
    ended.expect_code(1).expect_said("absent/flow.csv");
}

#[test]
fn an_output_is_never_the_flow_itself() {
    let place = place("same_file");
    place.generate(1, 50, "flow.csv");
    let flow = place.read("flow.csv");
    for option in ["--fills flow.csv", "--events ./flow.csv", "--acks ../same_file/flow.csv"] {
        place
            .call(&format!("run --flow flow.csv --data d {option}"))
            .expect_code(2)
            .expect_said("name the same file");
        assert_eq!(place.read("flow.csv"), flow, "{option}");
    }
    place
        .call("run --data d --fills out --events out")
        .expect_code(2)
        .expect_said("name the same file");
    place.done("run --data d --limit 1 --fills /dev/null --events /dev/null --acks -");
}

#[test]
fn a_limit_on_the_size_of_files_stops_the_engine_with_everything_acknowledged() {
    let place = place("ulimit");
    for (io, kilobytes) in [("direct", 8_192), ("append", 300)] {
        place.generate(2, 60_000, "flow.csv");
        let run =
            format!("run --flow flow.csv --data {io} --io {io} --acks acks --segment-bytes 16M");
        if io == "direct" && place.call("run --limit 1 --data try --io direct").code == Some(1) {
            println!("skipped: no direct I/O here");
            continue;
        }
        let limited = format!("ulimit -f {kilobytes}; exec {} {run}", program::PROGRAM);
        let ended = place.start_command(Command::new("bash").args(["-c", &limited])).wait();
        ended.expect_code(1).expect_said("raise the limit on the size of files");
        let acked = place.highest_ack("acks");
        if place.join(io).join("0000000000000001.log").exists() {
            assert!(last_client_sequence(&place.verified(io), 1) >= acked);
        }
        place.done(&run);
        assert_eq!(last_client_sequence(&place.verified(io), 1), 60_000);
    }
}

#[test]
fn a_full_disk_stops_the_engine_with_everything_acknowledged() {
    let place = place("full_disk");
    fs::create_dir(place.join("small")).unwrap();
    place.generate(2, 120_000, "flow.csv");
    let tried = place.start_command(Command::new("unshare").args(["-m", "true"])).wait();
    if tried.code != Some(0) {
        println!("skipped: no file system can be mounted here: {}", tried.stderr);
        return;
    }
    for (mount, io) in [
        ("mount -t tmpfs -o size=3M none small", "auto"),
        ("truncate -s 4M image && mkfs.ext4 -q -F image && mount -o loop image small", "append"),
        ("truncate -s 4M image && mkfs.ext4 -q -F image && mount -o loop image small", "direct"),
    ] {
        // The name space ends with the shell, and the mount with it: the log is looked at before.
        let run = format!(
            "{} run --flow flow.csv --data small/d --io {io} --segment-bytes 1M",
            program::PROGRAM
        );
        let script = format!(
            "{mount} || exit 77; {run} --acks acks; echo code $?; rm -f image; \
             {} verify --data small/d --json",
            program::PROGRAM
        );
        let ended =
            place.start_command(Command::new("unshare").args(["-m", "bash", "-c", &script])).wait();
        if ended.code == Some(77) {
            println!("skipped: {mount}: {}", ended.stderr);
            continue;
        }
        let ended = ended.expect_code(0).expect_said("free some space and run again");
        let mut lines = ended.stdout.lines();
        assert_eq!(lines.next(), Some("code 1"), "{ended:?}");
        let verified = program::json(lines.next().unwrap());
        let acked = place.highest_ack("acks");
        assert!(acked > 0 && last_client_sequence(&verified, 1) >= acked, "{acked} {verified}");
    }
}
