//! Durable appends, ours and others, in one run: 64 bytes that are on stable storage when the call
//! returns, and 64 times as many that get there together.
//!
//! Ours is the whole way: a caller's command through the engine, and its answer once it is durable.

#![expect(missing_docs, reason = "criterion_group! makes a public function")]

use bench::system::Folder;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use fjall::{KeyspaceCreateOptions, PersistMode};
use highwater::command::Action;
use highwater::types::{AccountId, InstrumentId, OrderId, SessionId};
use okaywal::{LogVoid, WriteAheadLog};
use redb::{ReadableTableMetadata, TableDefinition};
use highwater_engine::config::Config;
use highwater_host::{Host, HostConfig};
use runtime_linux::Linux;
use rusqlite::Connection;
use std::time::Duration;

/// What everybody appends.
const BYTES: [u8; 64] = [0x5a; 64];
/// How many times, until it is made durable together.
const COUNTS: [usize; 2] = [1, 64];
/// An answer that takes longer will not come.
const PATIENCE: Duration = Duration::from_secs(30);
const TABLE: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("records");

fn side_by_side(criterion: &mut Criterion) {
    for count in COUNTS {
        let mut group = criterion.benchmark_group(format!("log_file/{count}"));
        group.throughput(Throughput::Elements(count as u64)).sample_size(30);
        highwater(&mut group, count);
        sqlite(&mut group, count);
        redb(&mut group, count);
        fjall(&mut group, count);
        okaywal(&mut group, count);
        group.finish();
    }
}

/// A new folder on the disk that the build is on.
fn folder(name: &str) -> Folder {
    Folder::new(env!("CARGO_TARGET_TMPDIR"), name)
}

fn highwater(group: &mut BenchmarkGroup<'_, WallTime>, count: usize) {
    let folder = folder("highwater");
    let config = HostConfig::new(Config::production().data(folder.path()));
    let host = Host::start(Linux, &config).expect("it starts");
    let mut session = host.session(SessionId(1)).expect("a session");
    // An order that is unknown: the command is logged like any other, and answered by one event.
    let cancel =
        Action::Cancel { instrument: InstrumentId(0), order: OrderId(1), account: AccountId(0) };
    let batch = vec![cancel; count];
    let mut answered = 0;
    group.bench_function("highwater", |bencher| {
        bencher.iter(|| {
            session.submit_batch(&batch).expect("there is room");
            let mut answers = 0;
            while answers < count {
                session.wait(PATIENCE).expect("an answer comes");
                answers += session.poll(&mut ()).expect("it is there");
            }
            answered += answers as u64;
        });
    });
    drop(session);
    let end = host.stop().expect("it stops");
    // The first command sets the engine up.
    assert_eq!(end.book.last_sequence().0, 1 + answered, "each was logged");
}

fn sqlite(group: &mut BenchmarkGroup<'_, WallTime>, count: usize) {
    let folder = folder("sqlite");
    let connection = Connection::open(folder.path().join("log.db")).expect("it opens");
    connection.pragma_update(None, "journal_mode", "WAL").expect("it has a WAL");
    connection.pragma_update(None, "synchronous", "FULL").expect("it syncs");
    connection.execute("CREATE TABLE records (bytes BLOB)", []).expect("a new table");
    let mut inserted = 0;
    group.bench_function("sqlite", |bencher| {
        bencher.iter(|| {
            let transaction = connection.unchecked_transaction().expect("none is open");
            for _ in 0..count {
                let mut insert = transaction
                    .prepare_cached("INSERT INTO records VALUES (?1)")
                    .expect("it is right");
                insert.execute([&BYTES[..]]).expect("it goes in");
            }
            transaction.commit().expect("it is durable");
            inserted += i64::try_from(count).expect("few go together");
        });
    });
    // Rows are numbered from 1, and none was deleted.
    assert_eq!(connection.last_insert_rowid(), inserted, "each is there");
}

fn redb(group: &mut BenchmarkGroup<'_, WallTime>, count: usize) {
    let folder = folder("redb");
    let database = redb::Database::create(folder.path().join("log.redb")).expect("it opens");
    let mut key = 0;
    group.bench_function("redb", |bencher| {
        bencher.iter(|| {
            let transaction = database.begin_write().expect("none is open");
            {
                let mut table = transaction.open_table(TABLE).expect("a table");
                for _ in 0..count {
                    table.insert(key, &BYTES[..]).expect("it goes in");
                    key += 1;
                }
            }
            transaction.commit().expect("it is durable");
        });
    });
    // To write, because that makes the table where nothing was measured.
    let transaction = database.begin_write().expect("none is open");
    let table = transaction.open_table(TABLE).expect("a table");
    assert_eq!(table.len().expect("it can be read"), key, "each is there");
}

fn fjall(group: &mut BenchmarkGroup<'_, WallTime>, count: usize) {
    let folder = folder("fjall");
    let database = fjall::Database::builder(folder.path()).open().expect("it opens");
    let records = database.keyspace("records", KeyspaceCreateOptions::default).expect("a keyspace");
    let mut key = 0_u64;
    group.bench_function("fjall", |bencher| {
        bencher.iter(|| {
            for _ in 0..count {
                records.insert(key.to_be_bytes(), BYTES).expect("it goes in");
                key += 1;
            }
            database.persist(PersistMode::SyncAll).expect("it is durable");
        });
    });
    assert_eq!(records.len().expect("it can be read") as u64, key, "each is there");
}

fn okaywal(group: &mut BenchmarkGroup<'_, WallTime>, count: usize) {
    let folder = folder("okaywal");
    let log = WriteAheadLog::recover(folder.path(), LogVoid).expect("it opens");
    group.bench_function("okaywal", |bencher| {
        bencher.iter(|| {
            let mut entry = log.begin_entry().expect("none is open");
            for _ in 0..count {
                entry.write_chunk(&BYTES).expect("it goes in");
            }
            entry.commit().expect("it is durable");
        });
    });
    let _ended = log.shutdown();
}

criterion_group!(benches, side_by_side);
criterion_main!(benches);
