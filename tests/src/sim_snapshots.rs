//! A simulated store of snapshots: files that get their names late, on a disk that loses what was
//! not synced, names too.
//!
//! Every step is a point at which the power can be cut, the process killed, or the step fail.

use crate::random::Random;
use crate::sim_disk::{SimDisk, Survival};
use crate::sim_log::Happening;
use highwater::types::Sequence;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// What is asked of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StoreStep {
    /// To write some blocks of a snapshot that has no name yet.
    Write,
    /// To sync it.
    Sync,
    /// To read it back.
    Prove,
    /// To give it its name.
    Name,
    /// To sync the names.
    SyncNames,
    /// To remove an older one.
    Remove,
    /// To retire a segment of the log.
    Retire,
}

impl StoreStep {
    /// Every step.
    pub const ALL: [Self; 7] = [
        Self::Write,
        Self::Sync,
        Self::Prove,
        Self::Name,
        Self::SyncNames,
        Self::Remove,
        Self::Retire,
    ];
}

/// When something happens in the store.
#[derive(Clone, Copy, Debug)]
pub struct StorePlan {
    /// In which step.
    pub step: StoreStep,
    /// In which of those, from 1.
    pub nth: u64,
    /// What happens.
    pub happening: Happening,
    /// Decides how far the step came.
    pub seed: u64,
}

/// Why a step was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreFault {
    /// The system refused it, or did something else.
    Io,
    /// The process is gone.
    Crashed,
}

/// A handle on the store; clones share it.
#[derive(Clone, Debug, Default)]
pub struct SimSnapshots(Rc<RefCell<State>>);

/// The name of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Name {
    /// Of a snapshot that is being written.
    Part,
    /// Of one that is whole.
    Whole(u64),
}

#[derive(Debug, Default)]
struct State {
    /// The files, by a number that no other file ever had.
    disk: SimDisk,
    last_file: u64,
    /// What a process sees.
    seen: BTreeMap<Name, u64>,
    /// What is on the disk.
    kept: BTreeMap<Name, u64>,
    /// Changes of names that wait for a sync; each happens whole or not at all.
    changes: Vec<Vec<(Name, Option<u64>)>>,
    /// Files that were damaged by hand.
    damaged: BTreeSet<u64>,
    /// Up to where a consumer of the log is durable, where there is one.
    consumer: Option<Sequence>,
    plan: Option<StorePlan>,
    matched_count: u64,
    met: Option<StorePlan>,
}

impl SimSnapshots {
    /// Starts a process: what happened to the last one is forgotten, and `plan` holds for the next.
    /// What is left of a snapshot without a name is removed.
    pub fn start(&self, plan: Option<StorePlan>) {
        let mut state = self.0.borrow_mut();
        (state.plan, state.matched_count, state.met) = (plan, 0, None);
        state.seen.remove(&Name::Part);
        state.kept.remove(&Name::Part);
    }

    /// What the process met, if anything.
    pub fn met(&self) -> Option<StorePlan> {
        self.0.borrow().met
    }

    /// Sequences of the snapshots, the newest first.
    pub fn list(&self) -> Vec<Sequence> {
        let state = self.0.borrow();
        let whole = state.seen.keys().rev().filter_map(|name| match name {
            Name::Whole(sequence) => Some(Sequence(*sequence)),
            Name::Part => None,
        });
        whole.collect()
    }

    /// The bytes of a snapshot.
    pub fn bytes(&self, sequence: Sequence) -> Vec<u8> {
        self.0.borrow().bytes(Name::Whole(sequence.0))
    }

    /// Whether a snapshot was damaged by hand.
    pub fn is_damaged(&self, sequence: Sequence) -> bool {
        let state = self.0.borrow();
        state.seen.get(&Name::Whole(sequence.0)).is_some_and(|file| state.damaged.contains(file))
    }

    /// Damages a snapshot on the disk: a flipped bit, a sector of zeros, an end that is missing, or
    /// a name that is gone.
    ///
    /// # Panics
    /// When there is no such snapshot.
    pub fn damage(&self, sequence: Sequence, random: &mut Random) {
        let mut state = self.0.borrow_mut();
        let name = Name::Whole(sequence.0);
        let file = *state.seen.get(&name).expect("the snapshot exists");
        state.damaged.insert(file);
        let mut bytes = state.bytes(name);
        let at = random.index(bytes.len());
        match random.below(4) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => {
                let sector = at / 512 * 512;
                bytes[sector..sector + 512].fill(0);
            }
            2 => bytes.truncate(at),
            _ => {
                state.seen.remove(&name);
                state.kept.remove(&name);
                return;
            }
        }
        state.disk.place(file, &bytes);
    }

    /// Whether any snapshot was ever damaged by hand.
    pub fn has_damage(&self) -> bool {
        !self.0.borrow().damaged.is_empty()
    }

    /// Damages the last block of a snapshot, so that its header stays whole.
    ///
    /// # Panics
    /// When there is no such snapshot.
    pub fn damage_body(&self, sequence: Sequence) {
        let mut state = self.0.borrow_mut();
        let name = Name::Whole(sequence.0);
        let file = *state.seen.get(&name).expect("the snapshot exists");
        let mut bytes = state.bytes(name);
        *bytes.last_mut().expect("it has blocks") ^= 1;
        state.disk.place(file, &bytes);
        state.damaged.insert(file);
    }

    /// Registers a consumer of the log that is durable up to here, or notes that it is by now.
    pub fn note_consumer(&self, durable: Sequence) {
        self.0.borrow_mut().consumer = Some(durable);
    }

    /// Up to where the consumer of the log is durable; `None` when there is none.
    pub fn consumer(&self) -> Option<Sequence> {
        self.0.borrow().consumer
    }

    /// Begins a snapshot without a name, in the place of one that was never finished.
    pub fn create(&self) {
        let mut state = self.0.borrow_mut();
        state.last_file += 1;
        let file = state.last_file;
        state.disk.place(file, &[]);
        state.change(vec![(Name::Part, Some(file))]);
    }

    /// Writes what comes next of it.
    ///
    /// # Errors
    /// What came in between.
    pub fn write(&self, bytes: &[u8]) -> Result<(), StoreFault> {
        let mut state = self.0.borrow_mut();
        let file = state.part();
        let at = state.disk.seen(file).map_or(0, <[u8]>::len);
        let happening = state.meet(StoreStep::Write);
        let length = match happening.clone() {
            Some((_, mut random)) => random.index(bytes.len() + 1),
            None => bytes.len(),
        };
        state.disk.write(file, at, &bytes[..length]);
        happening.map_or(Ok(()), |(happening, _)| Err(fault_of(happening)))
    }

    /// Makes it durable.
    ///
    /// # Errors
    /// What came in between.
    pub fn sync(&self) -> Result<(), StoreFault> {
        let mut state = self.0.borrow_mut();
        if let Some((happening, mut random)) = state.meet(StoreStep::Sync) {
            if happening == Happening::Fault {
                state.disk.settle(Survival::any(&mut random));
            }
            return Err(fault_of(happening));
        }
        let (file, written_count) = (state.part(), state.disk.written_count());
        state.disk.sync_file(file, written_count);
        Ok(())
    }

    /// Reads it back.
    ///
    /// # Errors
    /// What came in between; what is read may also be something else.
    pub fn read_back(&self) -> Result<Vec<u8>, StoreFault> {
        let mut state = self.0.borrow_mut();
        match state.meet(StoreStep::Prove) {
            Some((happening, _)) => Err(fault_of(happening)),
            None => Ok(state.bytes(Name::Part)),
        }
    }

    /// Gives it its name, which is durable with the next sync of the names.
    ///
    /// # Errors
    /// What came in between.
    pub fn name(&self, sequence: Sequence) -> Result<(), StoreFault> {
        let mut state = self.0.borrow_mut();
        let change = vec![(Name::Part, None), (Name::Whole(sequence.0), Some(state.part()))];
        state.change_in(StoreStep::Name, change)
    }

    /// Makes all names durable.
    ///
    /// # Errors
    /// What came in between.
    pub fn sync_names(&self) -> Result<(), StoreFault> {
        let mut state = self.0.borrow_mut();
        if let Some((happening, _)) = state.meet(StoreStep::SyncNames) {
            return Err(fault_of(happening));
        }
        state.kept = state.seen.clone();
        state.changes.clear();
        Ok(())
    }

    /// Removes a snapshot, durably with the next sync of the names.
    ///
    /// # Errors
    /// What came in between.
    pub fn remove(&self, sequence: Sequence) -> Result<(), StoreFault> {
        let change = vec![(Name::Whole(sequence.0), None)];
        self.0.borrow_mut().change_in(StoreStep::Remove, change)
    }

    /// Notes that a segment of the log is retired now.
    ///
    /// # Errors
    /// What comes in between; a crash may come before it or behind it, so `retire` is asked to do
    /// it or not.
    pub fn retire(&self, retire: impl FnOnce()) -> Result<(), StoreFault> {
        let happening = self.0.borrow_mut().meet(StoreStep::Retire);
        let Some((happening, mut random)) = happening else {
            retire();
            return Ok(());
        };
        if random.chance(50) {
            retire();
        }
        Err(fault_of(happening))
    }

    /// Cuts the power: of what was not synced some is on the disk, names too.
    pub fn power_cut(&self, random: &mut Random) {
        let mut state = self.0.borrow_mut();
        for change in std::mem::take(&mut state.changes) {
            if random.chance(50) {
                apply(&mut state.kept, &change);
            }
        }
        state.seen = state.kept.clone();
        state.disk.power_cut(Survival::any(random));
    }
}

impl State {
    /// Counts a step; returns what happens in it.
    fn meet(&mut self, step: StoreStep) -> Option<(Happening, Random)> {
        let plan = self.plan.filter(|plan| plan.step == step)?;
        self.matched_count += 1;
        if self.matched_count != plan.nth {
            return None;
        }
        self.met = Some(plan);
        Some((plan.happening, Random::new(plan.seed)))
    }

    /// The file of the snapshot that is being written.
    fn part(&self) -> u64 {
        *self.seen.get(&Name::Part).expect("a snapshot is being written")
    }

    fn bytes(&self, name: Name) -> Vec<u8> {
        let file = self.seen.get(&name).expect("the file exists");
        self.disk.seen(*file).expect("a name belongs to a file").to_vec()
    }

    fn change(&mut self, change: Vec<(Name, Option<u64>)>) {
        apply(&mut self.seen, &change);
        self.changes.push(change);
    }

    /// Changes names in a step; one that came to no end may have done it all the same.
    fn change_in(
        &mut self,
        step: StoreStep,
        change: Vec<(Name, Option<u64>)>,
    ) -> Result<(), StoreFault> {
        let Some((happening, mut random)) = self.meet(step) else {
            self.change(change);
            return Ok(());
        };
        if happening != Happening::Fault && random.chance(50) {
            self.change(change);
        }
        Err(fault_of(happening))
    }
}

fn apply(names: &mut BTreeMap<Name, u64>, change: &[(Name, Option<u64>)]) {
    for (name, file) in change {
        match file {
            Some(file) => names.insert(*name, *file),
            None => names.remove(name),
        };
    }
}

const fn fault_of(happening: Happening) -> StoreFault {
    match happening {
        Happening::PowerCut | Happening::Kill => StoreFault::Crashed,
        Happening::Fault => StoreFault::Io,
    }
}
