//! What was measured, as text and as one JSON object.

use highwater_engine::figures::{Nanoseconds, grouped};
use highwater_platform::Finding;
use highwater_platform::latency::Quantiles;
use serde::Serialize;
use std::fmt;

/// What a measurement found. The JSON names are the field names; times are nanoseconds.
#[derive(Clone, Debug, Serialize)]
pub struct DiskReport {
    /// The data directory.
    pub data: String,
    /// Its file system.
    pub file_system: String,
    /// Bytes that may still be filled on it.
    pub free_bytes: u64,
    /// `direct` or `append`: what `--io auto` chooses here.
    pub mode: &'static str,
    /// The same in a few words.
    pub io: &'static str,
    /// A commit of one block in the way that the engine uses; nothing when it was refused.
    pub commit: Option<Quantiles>,
    /// Every way, one commit at a time.
    pub ways: Vec<WayReport>,
    /// The way of the commits at once.
    pub at_once_way: String,
    /// Several commits at once, of one block each.
    pub at_once: Vec<CrowdReport>,
    /// Sentences that say what this directory cannot do.
    pub warnings: Vec<String>,
    /// The same, and what is good, for who looks at the whole machine.
    #[serde(skip)]
    pub findings: Vec<Finding>,
}

/// One way to commit.
#[derive(Clone, Debug, Serialize)]
pub struct WayReport {
    /// Its name, in the system's words.
    pub way: String,
    /// Whether the engine uses it here.
    pub used: bool,
    /// Why the system refused it, when it did.
    pub refused: Option<String>,
    /// Commits by size, the smallest first.
    pub sizes: Vec<SizeReport>,
}

/// Commits of one size.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct SizeReport {
    /// Bytes of a commit.
    pub bytes: u64,
    /// How long one took; nothing when none was done.
    pub commit: Option<Quantiles>,
}

/// Several threads that commit at once.
#[derive(Clone, Debug, Serialize)]
pub struct CrowdReport {
    /// How many threads.
    pub threads: u64,
    /// Commits of all threads in a second.
    pub commits_per_second: u64,
    /// How long one took; nothing when none was done.
    pub commit: Option<Quantiles>,
    /// Why the system refused it, when it did.
    pub refused: Option<String>,
}

impl WayReport {
    /// What each further byte of a commit costs, in picoseconds, by the medians of the smallest and
    /// the largest size; `None` when a larger one was no slower.
    fn ps_per_byte(&self) -> Option<u64> {
        let (small, large) = (self.sizes.first()?, self.sizes.last()?);
        let more_ns = large.commit?.p50_ns.checked_sub(small.commit?.p50_ns)?;
        more_ns.saturating_mul(1_000).checked_div(large.bytes - small.bytes)
    }
}

impl fmt::Display for DiskReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let free = grouped(self.free_bytes >> 20);
        writeln!(
            f,
            "data directory      '{}' on {}, {free} MiB free",
            self.data, self.file_system
        )?;
        writeln!(f, "mode                {}", self.io)?;
        self.write_commit(f)?;
        self.write_ways(f)?;
        self.write_at_once(f)?;
        self.warnings.iter().try_for_each(|warning| writeln!(f, "warning: {warning}"))
    }
}

impl DiskReport {
    fn write_commit(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let used = self.ways.iter().find(|way| way.used);
        let Some((commit, used)) = self.commit.zip(used) else {
            return writeln!(f, "a commit costs      nothing measured");
        };
        write!(
            f,
            "a commit costs      p50 {}, p99 {}, max {}",
            Nanoseconds(commit.p50_ns),
            Nanoseconds(commit.p99_ns),
            Nanoseconds(commit.max_ns)
        )?;
        if let Some(ps) = used.ps_per_byte() {
            write!(
                f,
                ", {}.{:02} ns more for each byte beyond 4 KiB",
                ps / 1_000,
                ps % 1_000 / 10
            )?;
        }
        writeln!(f)
    }

    fn write_ways(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{:<38}", "one commit at a time (* the engine's)")?;
        for size in self.ways.first().map_or(&[][..], |way| &way.sizes) {
            let title = format!("{} KiB: p50", size.bytes >> 10);
            write!(f, "{title:>14}{:>10}{:>10}", "p99", "max")?;
        }
        writeln!(f)?;
        for way in &self.ways {
            let mark = if way.used { '*' } else { ' ' };
            write!(f, "{mark} {:<36}", way.way)?;
            for size in &way.sizes {
                write_times(f, size.commit)?;
            }
            write_refusal(f, way.refused.as_deref())?;
        }
        Ok(())
    }

    fn write_at_once(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = format!("several at once, {}", self.at_once_way);
        writeln!(f, "\n{title:<38}{:>14}{:>10}{:>10}{:>14}", "p50", "p99", "max", "commits/s")?;
        for crowd in &self.at_once {
            let threads = if crowd.threads == 1 { "thread" } else { "threads" };
            write!(f, "  {:<36}", format!("{} {threads}", crowd.threads))?;
            write_times(f, crowd.commit)?;
            write!(f, "{:>14}", grouped(crowd.commits_per_second))?;
            write_refusal(f, crowd.refused.as_deref())?;
        }
        Ok(())
    }
}

fn write_times(f: &mut fmt::Formatter<'_>, commit: Option<Quantiles>) -> fmt::Result {
    let shown = |ns: fn(Quantiles) -> u64| {
        commit.map_or_else(|| "-".to_owned(), |commit| Nanoseconds(ns(commit)).to_string())
    };
    write!(f, "{:>14}", shown(|commit| commit.p50_ns))?;
    write!(f, "{:>10}{:>10}", shown(|commit| commit.p99_ns), shown(|commit| commit.max_ns))
}

fn write_refusal(f: &mut fmt::Formatter<'_>, refused: Option<&str>) -> fmt::Result {
    match refused {
        None => writeln!(f),
        Some(reason) => writeln!(f, "  refused: {reason}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(p50_ns: u64) -> Quantiles {
        let (p90_ns, p99_ns, p99_9_ns, max_ns) = (p50_ns, p50_ns, p50_ns, 2 * p50_ns);
        Quantiles { count: 9, avg_ns: p50_ns, min_ns: 1, p50_ns, p90_ns, p99_ns, p99_9_ns, max_ns }
    }

    fn way(small_ns: u64, large_ns: u64) -> WayReport {
        let sizes = [(4_096, small_ns), (65_536, large_ns)];
        let sizes =
            sizes.map(|(bytes, ns)| SizeReport { bytes, commit: Some(commit(ns)) }).to_vec();
        WayReport { way: "one".to_owned(), used: true, refused: None, sizes }
    }

    #[test]
    fn the_cost_of_a_byte_is_the_difference_of_the_medians() {
        assert_eq!(way(90_000, 103_516).ps_per_byte(), Some(219));
        assert_eq!(way(90_000, 80_000).ps_per_byte(), None);
    }

    #[test]
    fn text_says_what_was_refused_and_warned_of() {
        let refused = WayReport {
            used: false,
            refused: Some("no such call".to_owned()),
            sizes: vec![SizeReport { bytes: 4_096, commit: None }],
            ..way(1, 1)
        };
        let report = DiskReport {
            data: "d".to_owned(),
            file_system: "xfs".to_owned(),
            free_bytes: 5 << 30,
            mode: "direct",
            io: "direct (all of it)",
            commit: Some(commit(90_000)),
            ways: vec![way(90_000, 103_516), refused],
            at_once_way: "one".to_owned(),
            at_once: vec![],
            warnings: vec!["beware".to_owned()],
            findings: vec![],
        };
        let text = report.to_string();
        for said in [
            "'d' on xfs, 5,120 MiB free",
            "p50 90.0 us, p99 90.0 us, max 180.0 us, 0.21 ns more for each byte",
            "* one",
            "-  refused: no such call\n",
            "warning: beware\n",
        ] {
            assert!(text.contains(said), "{said} is not in\n{text}");
        }
    }
}
