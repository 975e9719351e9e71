//! Lists of cores, limits of a process and quotas of control groups, as the kernel writes them.

use std::collections::BTreeSet;
use std::fmt;

/// Some cores of a machine, by their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cores {
    numbers: BTreeSet<usize>,
    text: String,
}

/// More cores than this are no list that a kernel writes.
const CORES_MAX: usize = 1 << 16;

impl Cores {
    /// The cores of a list like `0-3,8`; an empty one has none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_owned();
        let mut numbers = BTreeSet::new();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let (low, high) = part.split_once('-').unwrap_or((part, part));
            let (low, high): (usize, usize) = (low.parse().ok()?, high.parse().ok()?);
            if high > CORES_MAX {
                return None;
            }
            numbers.extend(low..=high);
        }
        Some(Self { numbers, text })
    }

    pub(super) fn count(&self) -> usize {
        self.numbers.len()
    }

    pub(super) fn has(&self, core: usize) -> bool {
        self.numbers.contains(&core)
    }

    pub(super) fn each(&self) -> impl Iterator<Item = usize> + '_ {
        self.numbers.iter().copied()
    }
}

impl fmt::Display for Cores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A limit of `/proc/self/limits`: as it is, and as far as it may be raised; without one, the most
/// that a number can be.
pub(super) fn limits_of(text: &str, name: &str) -> Option<(u64, u64)> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let mut numbers = line.split_whitespace().map(|number| match number {
        "unlimited" => Some(u64::MAX),
        number => number.parse().ok(),
    });
    Some((numbers.next()??, numbers.next()??))
}

/// How much processor time control groups leave to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Quota {
    /// So much, in percent of one core.
    Percent(u64),
    /// As much as there is.
    Unlimited,
}

impl Quota {
    /// So many microseconds of each period; what is no number is no limit.
    fn of(quota: &str, period: &str) -> Option<Self> {
        let period: u64 = period.parse().ok()?;
        let of_time = |quota: u64| quota.saturating_mul(100).checked_div(period).map(Self::Percent);
        if ["max", "-1"].contains(&quota) {
            return Some(Self::Unlimited);
        }
        quota.parse().ok().and_then(of_time)
    }
}

/// The least quota of this process's control groups; `None` where none can be known.
pub(super) fn quota_of(read: impl Fn(&str) -> Option<String>) -> Option<Quota> {
    let groups = read("proc/self/cgroup")?;
    let named = |line: &str| {
        let (names, path) = line.split_once(':')?.1.split_once(':')?;
        Some((names.to_owned(), path.to_owned()))
    };
    let groups: Vec<(String, String)> = groups.lines().filter_map(named).collect();
    let is_cpu = |names: &str| names.split(',').any(|name| name == "cpu");
    // The older kind has a hierarchy for processor time, the newer one a single one without a name.
    if let Some((names, path)) = groups.iter().find(|(names, _)| is_cpu(names)) {
        let folder = format!("sys/fs/cgroup/{names}");
        return least(path, |group| {
            let quota = read(&format!("{folder}{group}/cpu.cfs_quota_us"))?;
            Quota::of(&quota, &read(&format!("{folder}{group}/cpu.cfs_period_us"))?)
        });
    }
    let (_, path) = groups.iter().find(|(names, _)| names.is_empty())?;
    // A group without such a file is not limited, where there are groups at all.
    let without = read("sys/fs/cgroup/cgroup.controllers").map(|_| Quota::Unlimited);
    least(path, |group| match read(&format!("sys/fs/cgroup{group}/cpu.max")) {
        None => without,
        Some(text) => text.split_once(' ').and_then(|(quota, period)| Quota::of(quota, period)),
    })
}

/// The least quota of a group and all above it, which limit it too.
fn least(path: &str, quota: impl Fn(&str) -> Option<Quota>) -> Option<Quota> {
    let mut least = Quota::Unlimited;
    let mut group = path.trim_end_matches('/');
    loop {
        least = least.min(quota(group)?);
        match group.rsplit_once('/') {
            Some((above, _)) => group = above,
            None => return Some(least),
        }
    }
}
