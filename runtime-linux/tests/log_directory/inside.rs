//! Tests that others run in processes of their own, which have less than usual.

use super::*;

#[test]
#[ignore = "is run by a_file_that_may_not_grow_is_a_fault_and_the_log_stays_stopped"]
fn may_not_grow() {
    let mut log = written(&given_place().join("data"), IoChoice::Append, 16);
    let fault = log.append(LogPosition(16 * BLOCK), &block(17).0).unwrap_err();
    assert_eq!(fault, LogFault { operation: LogOperation::Append, code: 27 });
    assert_eq!(log.sync(), Err(fault), "after a fault nothing is synced");
    assert_eq!(log.append(LogPosition(16 * BLOCK), &block(17).0), Err(fault));
    assert_eq!(log.counters().totals().sync_count, 1);
}

#[test]
#[ignore = "is run by a_full_disk_is_a_fault_and_leaves_the_log_as_it_was"]
fn full_disk() {
    let directory = given_place().join("data");
    let mut log = open(&directory, IoChoice::Auto);
    assert_eq!(log.io_mode(), Some(IoMode::Append));
    assert!(log.warnings()[0].contains("nothing there is durable"));
    let size = 100 * BLOCK;
    log.begin(FIRST, size, &block(1).0).unwrap();
    let full = (1..100).find_map(|at| log.append(LogPosition(at * BLOCK), &block(2).0).err());
    assert_eq!(full, Some(LogFault { operation: LogOperation::Append, code: 28 }));
    drop(log);
    let sentence = highwater_storage::explain_fault(Linux, &directory, full.unwrap());
    assert!(sentence.contains("No space left on device"), "{sentence}");
    let mut log = open(&directory, IoChoice::Append);
    log.cut(FIRST, LogPosition(2 * BLOCK)).unwrap();
    assert_eq!(fills(&mut log, FIRST), [1, 2]);
    drop(log);
    if let Ok(mut log) = LogDirectory::open(Linux, &directory, &options(IoChoice::Direct)) {
        let fault = log.begin(SECOND, size, &block(1).0).unwrap_err();
        assert_eq!(fault, LogFault { operation: LogOperation::Begin, code: 28 });
        assert_eq!(
            names(&directory),
            ["0000000000000001.log", "lease", "lock"],
            "no half a segment"
        );
    }
}

#[test]
#[ignore = "is run by a_directory_that_nobody_may_write_is_a_sentence"]
fn read_only_mount() {
    let directory = given_place().join("data");
    let error = LogDirectory::open(Linux, &directory, &options(IoChoice::Auto)).unwrap_err();
    assert!(error.to_string().contains("can't be written"), "{error}");
    let other = given_place().join("other");
    let error = LogDirectory::open(Linux, &other, &options(IoChoice::Auto)).unwrap_err();
    assert!(error.to_string().contains("can't be written"), "{error}");
    let mut reader = LogDirectory::open_read_only(Linux, &directory).unwrap();
    reader.sync_all(FIRST).unwrap();
    assert_eq!(fills(&mut reader, FIRST), [1, 2]);
}
