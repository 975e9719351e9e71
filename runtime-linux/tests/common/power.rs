//! What a disk may hold after a power cut, given what a program did to the files of a directory.
//!
//! What a sync covers is there: what had ended before the sync began, once the sync has ended. Of
//! every other write any of its sectors may be there from the moment it begins. Names change in
//! their order; of those that no sync of the directory covers any number of the first may have.
//! A sync of a file says nothing about its name. A file is what was opened, whatever its name.

use crate::program::Random;
use crate::sectors::{FileHistory, below, covered_before};
use std::collections::BTreeMap;

/// The files of a directory, by name.
pub type Content = BTreeMap<String, Vec<u8>>;

/// When something began and ended, in one count of moments.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// It had not begun before.
    pub began: usize,
    /// `usize::MAX` when it never ended.
    pub ended: usize,
}

/// A change of the names, of files by number.
#[derive(Clone, Debug)]
pub enum Naming {
    /// A file gets its first name.
    Create(String, usize),
    /// From the first to the second, whoever had that.
    Rename(String, String),
    /// The name goes.
    Remove(String),
}

/// What a worse disk than any forgets, for controls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgets {
    /// It keeps its word.
    Nothing,
    /// Syncs of files.
    Data,
    /// Syncs of directories.
    Names,
}

/// Everything that became of the files of a directory.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The names at its beginning.
    base: BTreeMap<String, usize>,
    /// The names as the program sees them.
    pub names: BTreeMap<String, usize>,
    /// The files, also those that have no name any more.
    pub files: Vec<FileHistory>,
    /// When the directory was made.
    pub made: Vec<Span>,
    /// Syncs of what holds it.
    pub parent_syncs: Vec<Span>,
    /// Changes of names, in the order in which they ended.
    pub namings: Vec<(Span, Naming)>,
    /// Syncs of the directory.
    pub name_syncs: Vec<Span>,
    acks: Vec<(Span, u64)>,
}

impl History {
    /// Nothing has become of these files yet; `None` when there is no directory.
    pub fn new(base: Option<&Content>) -> Self {
        let mut history = Self::default();
        for (name, bytes) in base.into_iter().flatten() {
            let file = history.new_file();
            history.files[file].base.clone_from(bytes);
            history.files[file].length = bytes.len();
            history.base.insert(name.clone(), file);
        }
        history.names.clone_from(&history.base);
        history
    }

    /// A file without a name, and empty.
    pub fn new_file(&mut self) -> usize {
        self.files.push(FileHistory::default());
        self.files.len() - 1
    }

    /// A process has ended, and these are its files: what nobody saw end was done or it was not,
    /// and will not be done any more.
    ///
    /// # Panics
    /// When something became of the files that is not known here.
    pub fn settle(&mut self, moment: usize, found: &Content) {
        for (mut span, naming) in std::mem::take(&mut self.namings) {
            if span.ended == usize::MAX && naming.is_done(&self.names, found) {
                naming.apply(&mut self.names);
                span.ended = moment;
            }
            if span.ended < usize::MAX {
                self.namings.push((span, naming));
            }
        }
        for name in found.keys() {
            if !self.names.contains_key(name) {
                let naming = Naming::Create(name.clone(), self.new_file());
                naming.apply(&mut self.names);
                self.namings.push((Span { began: moment, ended: moment }, naming));
            }
        }
        self.namings.sort_by_key(|(span, _)| (span.ended, span.began));
        assert!(self.names.keys().eq(found.keys()), "{:?}, not {:?}", found.keys(), self.names);
        for (name, file) in &self.names {
            let is_same = self.files[*file].settle(moment, &found[name]);
            assert!(is_same, "{name} holds something else");
        }
    }

    /// Numbers, a line each, are acknowledged.
    pub fn acknowledge(&mut self, span: Span, text: &[u8]) {
        let text = str::from_utf8(text).unwrap_or_default();
        let highest = text.lines().filter_map(|line| line.parse().ok()).max();
        self.acks.extend(highest.map(|highest| (span, highest)));
    }

    /// The highest number that is acknowledged before `cut`, or is about to be.
    pub fn acked(&self, cut: usize) -> u64 {
        let begun = self.acks.iter().filter(|(span, _)| span.began < cut);
        begun.map(|(_, acked)| *acked).max().unwrap_or(0)
    }

    /// A moment to cut the power at: behind the beginning of an acknowledgement or of a change of a
    /// file, about a change of names, or any.
    pub fn moment(&self, random: &mut Random) -> usize {
        let of = |spans: &mut dyn Iterator<Item = &Span>| {
            spans.map(|span| span.began).collect::<Vec<_>>()
        };
        let acks = of(&mut self.acks.iter().map(|(span, _)| span));
        let changes = self.files.iter().flat_map(|file| &file.changes);
        let changes = of(&mut changes.map(|(span, _)| span));
        let names = self.namings.iter().map(|(span, _)| span);
        let names = of(&mut names.chain(&self.name_syncs));
        let end = self.end();
        match random.below(5) {
            0 if !acks.is_empty() => one_of(&acks, random) + 1,
            1 if !names.is_empty() => (one_of(&names, random) + below(8, random)).min(end),
            2 | 3 if !changes.is_empty() => one_of(&changes, random) + 1,
            _ => below(end + 1, random),
        }
    }

    /// A moment behind everything that is known to have ended.
    pub fn end(&self) -> usize {
        let changes = self.files.iter().flat_map(|file| &file.changes).map(|(span, _)| span);
        let syncs = self.files.iter().flat_map(|file| &file.syncs).chain(&self.name_syncs);
        let all = changes.chain(syncs).chain(self.acks.iter().map(|(span, _)| span));
        all.filter(|span| span.ended < usize::MAX).map(|span| span.ended + 1).max().unwrap_or(0)
    }

    /// What the directory may hold when the power is cut at a moment; `None` when there is none.
    pub fn left(&self, cut: usize, forgets: Forgets, random: &mut Random) -> Option<Content> {
        let made = self.made.iter().find(|span| span.began < cut);
        let was_there = self.made.is_empty()
            || made.is_some_and(|made| {
                let covered = covered_before(&self.parent_syncs, cut);
                made.ended < covered && forgets != Forgets::Names
            });
        // Without its name nothing in it is found.
        if !was_there && (made.is_none() || random.below(2) == 0) {
            return None;
        }
        let mut names = self.base.clone();
        let begun: Vec<_> = self.namings.iter().filter(|(span, _)| span.began < cut).collect();
        let covered =
            if forgets == Forgets::Names { 0 } else { covered_before(&self.name_syncs, cut) };
        let durable = begun.iter().filter(|(span, _)| span.ended < covered).count();
        let kept = durable + below(begun.len() - durable + 1, random);
        for (_, naming) in &begun[..kept] {
            naming.apply(&mut names);
        }
        let left = |file: usize, random: &mut _| self.files[file].left(cut, forgets, random);
        Some(names.into_iter().map(|(name, file)| (name, left(file, random))).collect())
    }
}

fn one_of(moments: &[usize], random: &mut Random) -> usize {
    moments[below(moments.len(), random)]
}

impl Naming {
    fn is_done(&self, names: &BTreeMap<String, usize>, found: &Content) -> bool {
        match self {
            Self::Create(..) => false,
            Self::Rename(name, _) | Self::Remove(name) => {
                names.contains_key(name) && !found.contains_key(name)
            }
        }
    }

    /// Changes the names.
    ///
    /// # Panics
    /// When a name is not there that was there for the program.
    pub fn apply(&self, names: &mut BTreeMap<String, usize>) {
        match self {
            Self::Create(name, file) => drop(names.insert(name.clone(), *file)),
            Self::Rename(from, to) => {
                let file = names.remove(from).expect("it was there for the program");
                names.insert(to.clone(), file);
            }
            Self::Remove(name) => drop(names.remove(name).expect("it was there for the program")),
        }
    }
}
