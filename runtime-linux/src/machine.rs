//! What this machine does to an engine, as `/proc` and `/sys` tell.
//!
//! What cannot be read is unknown, and said to be.

mod lists;

use highwater_platform::{Finding, Needs, Verdict};
use lists::{Cores, Quota, limits_of, quota_of};
use std::fs;
use std::path::Path;

/// Of the time of all cores, in thousandths, what others may take before it is said to be much.
const STEAL_PER_MILLE_MAX: u64 = 2;

/// Fewer cores than this cannot be divided: the system and its interrupts need one.
const CORES_TO_ISOLATE_MIN: usize = 4;

/// The privilege to lock memory without a limit, `CAP_IPC_LOCK`, as a bit of `CapEff`.
const MAY_LOCK: u64 = 1 << 14;

/// Clocks that are read without a system call.
const FAST_CLOCKS: [&str; 5] =
    ["tsc", "kvm-clock", "hyperv_clocksource_tsc_page", "arch_sys_counter", "riscv_clocksource"];
/// Clocks whose reading costs a system call, or a slow device's answer.
const SLOW_CLOCKS: [&str; 5] = ["hpet", "acpi_pm", "pit", "jiffies", "refined-jiffies"];

/// Every finding of the machine that this process runs on.
pub(crate) fn examine(needs: Needs) -> Vec<Finding> {
    Machine { root: Path::new("/"), needs }.findings()
}

/// Where `proc` and `sys` are read, and what they are compared with.
struct Machine<'a> {
    root: &'a Path,
    needs: Needs,
}

impl Machine<'_> {
    fn findings(&self) -> Vec<Finding> {
        vec![
            self.cores(),
            self.governor(),
            self.isolation(),
            self.large_pages(),
            self.locked_memory(),
            self.open_files(),
            self.clock_source(),
            self.steal(),
        ]
    }

    /// The text of a file, without the blanks around it.
    fn read(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.root.join(path)).ok().map(|text| text.trim().to_owned())
    }

    /// The cores that this process may use.
    fn allowed(&self) -> Option<Cores> {
        let status = self.read("proc/self/status")?;
        Cores::parse(status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?)
    }

    fn cores(&self) -> Finding {
        let Some(allowed) = self.allowed() else {
            return unread("cores", "taskset -pc $$ tells them");
        };
        let count = allowed.count();
        let needed = self.needs.cores;
        match quota_of(|path| self.read(path)) {
            _ if (count as u64) < needed => Finding::weak(
                "cores",
                format!("{count} of {needed} that the busy threads need"),
                "give this process more cores; fewer threads than cores wait for each other's turns",
            ),
            Some(Quota::Percent(percent)) => Finding::weak(
                "cores",
                format!("{count}, and a quota of {percent} % of one"),
                "lift the quota (cpu.max): who has used it up stands still until the next period",
            ),
            Some(Quota::Unlimited) => Finding::good("cores", format!("{count}, without a quota")),
            None => Finding::unknown(
                "cores",
                format!("{count}; no control group tells whether there is a quota"),
                "ask who runs the container for the quota of its cores",
            ),
        }
    }

    fn governor(&self) -> Finding {
        let allowed = self.allowed().unwrap_or_default();
        let governor_of = |core: usize| {
            self.read(&format!("sys/devices/system/cpu/cpu{core}/cpufreq/scaling_governor"))
        };
        let found: Vec<Option<String>> = allowed.each().map(governor_of).collect();
        let slow = found.iter().flatten().find(|name| *name != "performance");
        if let Some(slow) = slow {
            return Finding::weak(
                "governor",
                slow,
                "cpupower frequency-set --governor performance: a core that slows down while it \
                 waits answers late",
            );
        }
        if found.is_empty() || found.contains(&None) {
            return Finding::unknown(
                "governor",
                "the system does not tell how cores change their speed",
                "on a virtual machine ask who runs it; else load the driver of the processor",
            );
        }
        Finding::good("governor", "performance")
    }

    fn isolation(&self) -> Finding {
        let known = self.read("sys/devices/system/cpu/isolated").and_then(|it| Cores::parse(&it));
        let (Some(isolated), Some(allowed)) = (known, self.allowed()) else {
            return unread("isolation", "/proc/cmdline has isolcpus where there is some");
        };
        let used = allowed.each().filter(|core| isolated.has(*core)).count();
        if used as u64 >= self.needs.cores {
            return Finding::good("isolation", format!("{used} isolated cores are used"));
        }
        if isolated.count() > 0 {
            let found = format!("cores {isolated} are isolated, of which {used} are used");
            let change = format!("start it with taskset -c {isolated}, or CPUAffinity= of systemd");
            return Finding::weak("isolation", found, change);
        }
        let change = if allowed.count() < CORES_TO_ISOLATE_MIN {
            "a machine with four cores or more can set three aside; below, nothing is to be done"
        } else {
            "boot with isolcpus=1-3 nohz_full=1-3, and start it with taskset -c 1-3: other \
             programs interrupt the engine's threads"
        };
        Finding::weak("isolation", "no core is set aside", change)
    }

    fn large_pages(&self) -> Finding {
        if !cfg!(feature = "huge-pages") {
            let change = "build with the feature huge-pages";
            return Finding::weak("large pages", "this program asks for none", change);
        }
        let text = self.read("sys/kernel/mm/transparent_hugepage/enabled");
        let chosen = text.as_deref().and_then(|text| text.split(['[', ']']).nth(1));
        match chosen {
            Some(mode @ ("always" | "madvise")) => Finding::good("large pages", mode),
            Some(mode) => Finding::weak(
                "large pages",
                mode,
                "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled",
            ),
            None => unread("large pages", "the kernel may be built without them"),
        }
    }

    fn locked_memory(&self) -> Finding {
        let subject = "memlock";
        let status = self.read("proc/self/status").unwrap_or_default();
        let capabilities = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
        let capabilities = capabilities.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok());
        if capabilities.is_some_and(|bits| bits & MAY_LOCK != 0) {
            return Finding::good(subject, "no limit, by a privilege");
        }
        let limits = self.read("proc/self/limits").unwrap_or_default();
        let needed = self.needs.locked_bytes;
        match limits_of(&limits, "Max locked memory").map(|(now, _)| now) {
            Some(bytes) if bytes < needed => Finding::weak(
                subject,
                format!("{} KiB of {} MiB", bytes >> 10, needed >> 20),
                "LimitMEMLOCK=infinity of systemd, or ulimit -l: the system may swap the book out",
            ),
            Some(u64::MAX) => Finding::good(subject, "no limit"),
            Some(bytes) => Finding::good(subject, format!("{} MiB", bytes >> 20)),
            None => unread(subject, "ulimit -l tells it"),
        }
    }

    fn open_files(&self) -> Finding {
        let subject = "open files";
        let limits = self.read("proc/self/limits").unwrap_or_default();
        let needed = self.needs.open_files;
        // The program raises the limit as far as it may.
        match limits_of(&limits, "Max open files").map(|(_, most)| most) {
            Some(files) if files < needed => Finding::weak(
                subject,
                format!("{files} of {needed} that a full venue needs"),
                format!("LimitNOFILE={needed} of systemd, or ulimit -Hn: fewer clients connect"),
            ),
            Some(u64::MAX) => Finding::good(subject, "no limit"),
            Some(files) => Finding::good(subject, files),
            None => unread(subject, "ulimit -Hn tells it"),
        }
    }

    fn clock_source(&self) -> Finding {
        let subject = "clock source";
        let path = "sys/devices/system/clocksource/clocksource0/current_clocksource";
        match self.read(path) {
            Some(name) if FAST_CLOCKS.contains(&name.as_str()) => Finding::good(subject, name),
            Some(name) if SLOW_CLOCKS.contains(&name.as_str()) => Finding::weak(
                subject,
                name,
                "boot with clocksource=tsc where the processor's counter is steady: each look at \
                 the clock costs a microsecond",
            ),
            Some(name) => Finding::unknown(
                subject,
                name,
                "strace -c shows clock_gettime where this clock needs system calls",
            ),
            None => unread(subject, "dmesg tells which clock the kernel took"),
        }
    }

    fn steal(&self) -> Finding {
        let subject = "steal";
        let stat = self.read("proc/stat").unwrap_or_default();
        let line = stat.lines().next().and_then(|line| line.strip_prefix("cpu "));
        let ticks: Vec<u64> = line
            .unwrap_or_default()
            .split_whitespace()
            .take(8)
            .map_while(|it| it.parse().ok())
            .collect();
        let total: u64 = ticks.iter().sum();
        let (Some(stolen), Some(_)) = (ticks.get(7), total.checked_sub(1)) else {
            return unread(subject, "vmstat shows it as st");
        };
        let per_mille = stolen.saturating_mul(1_000) / total;
        let found = format!("{}.{} % of the time since boot", per_mille / 10, per_mille % 10);
        if per_mille > STEAL_PER_MILLE_MAX {
            let change = "other virtual machines take this one's cores: ask for cores of its own";
            return Finding::weak(subject, found, change);
        }
        let processor = self.read("proc/cpuinfo").unwrap_or_default();
        let is_virtual = processor.split_whitespace().any(|flag| flag == "hypervisor");
        if *stolen == 0 && (is_virtual || processor.is_empty()) {
            let change = "not every hypervisor tells: highwater bench shows how long threads stop";
            return Finding::unknown(subject, "none is told", change);
        }
        Finding::good(subject, found)
    }
}

/// What could not be read.
fn unread(subject: &'static str, change: &str) -> Finding {
    let found = "the system does not tell";
    Finding { verdict: Verdict::Unknown, ..Finding::weak(subject, found, change) }
}

#[cfg(test)]
mod tests;
