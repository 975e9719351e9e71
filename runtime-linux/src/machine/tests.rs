//! Findings of machines that tests make up, a folder with `proc` and `sys` each.

use super::*;
use std::path::PathBuf;

/// A machine as good as can be, which tests spoil.
struct MadeUp {
    root: PathBuf,
}

const STATUS: &str = "Name:\thighwater\nCapEff:\t0000000000000000\nCpus_allowed_list:\t1-3\n";
const LIMITS: &str = "Limit                     Soft Limit           Hard Limit           Units\n\
    Max open files            1024                 524288               files\n\
    Max locked memory         unlimited            unlimited            bytes\n";

impl MadeUp {
    fn new(name: &str) -> Self {
        let root = std::env::temp_dir().join(format!("highwater-{name}-{}", std::process::id()));
        let _none = fs::remove_dir_all(&root);
        let made = Self { root };
        made.write("proc/self/status", STATUS);
        made.write("proc/self/limits", LIMITS);
        made.write("proc/self/cgroup", "0::/system.slice/venue\n");
        made.write("proc/stat", "cpu  500 0 400 99 0 0 0 1 0 0\ncpu0 1\n");
        made.write("proc/cpuinfo", "flags\t: fpu tsc\n");
        made.write("sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
        made.write("sys/fs/cgroup/system.slice/cpu.max", "max 100000\n");
        made.write("sys/fs/cgroup/system.slice/venue/cpu.max", "max 100000\n");
        for core in 0..4 {
            made.write(
                &format!("sys/devices/system/cpu/cpu{core}/cpufreq/scaling_governor"),
                "performance\n",
            );
        }
        made.write("sys/devices/system/cpu/isolated", "1-3\n");
        made.write("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
        made.write("sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
        made
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn remove(&self, path: &str) {
        fs::remove_file(self.root.join(path)).unwrap();
    }

    fn findings(&self) -> Vec<Finding> {
        let needs = Needs { cores: 3, locked_bytes: 256 << 20, open_files: 12_416 };
        Machine { root: &self.root, needs }.findings()
    }

    /// Checks the one finding that is not good.
    #[track_caller]
    fn only(&self, subject: &str, verdict: Verdict, found: &str) {
        let findings = self.findings();
        let others: Vec<_> = findings.iter().filter(|it| it.verdict != Verdict::Good).collect();
        assert_eq!(others.len(), 1, "{others:?}");
        assert_eq!((others[0].subject, others[0].verdict), (subject, verdict), "{others:?}");
        assert!(others[0].found.contains(found), "{others:?}");
        assert!(others[0].change.is_some(), "{others:?}");
    }
}

impl Drop for MadeUp {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.root));
    }
}

/// A machine of which one file is changed, and the finding that follows.
#[track_caller]
fn changed(path: &str, text: &str, (subject, verdict, found): (&str, Verdict, &str)) {
    let name = format!("{subject}-{}", found.len()).replace(' ', "-");
    let machine = MadeUp::new(&name);
    machine.write(path, text);
    machine.only(subject, verdict, found);
}

#[test]
fn a_good_machine_is_good_in_all_and_a_silent_one_in_nothing() {
    let machine = MadeUp::new("good");
    for finding in machine.findings() {
        let is_off = finding.subject == "large pages" && !cfg!(feature = "huge-pages");
        let wanted = if is_off { Verdict::Weak } else { Verdict::Good };
        assert_eq!(finding.verdict, wanted, "{finding:?}");
    }
    let needs = Needs { cores: 3, locked_bytes: 1, open_files: 1 };
    let nothing = Machine { root: Path::new("/nothing/is/here"), needs }.findings();
    for finding in nothing.iter().filter(|it| it.subject != "large pages") {
        assert_eq!(finding.verdict, Verdict::Unknown, "{finding:?}");
    }
}

#[test]
fn cores_are_counted_and_quotas_found_in_any_group_above() {
    let cores = |verdict, found| ("cores", verdict, found);
    let above = "sys/fs/cgroup/system.slice/cpu.max";
    changed(above, "150000 100000", cores(Verdict::Weak, "3, and a quota of 150 % of one"));
    changed("proc/self/cgroup", "nonsense", cores(Verdict::Unknown, "no control group tells"));
    let own = "sys/fs/cgroup/system.slice/venue/cpu.max";
    changed(own, "nonsense", cores(Verdict::Unknown, "no control group tells"));
}

#[test]
fn quotas_of_the_older_kind_are_found() {
    let machine = MadeUp::new("older");
    machine.write("proc/self/cgroup", "3:memory:/m\n2:cpu,cpuacct:/box\n0::/\n");
    for (group, quota) in [("", "-1"), ("/box", "50000")] {
        let folder = format!("sys/fs/cgroup/cpu,cpuacct{group}");
        machine.write(&format!("{folder}/cpu.cfs_quota_us"), quota);
        machine.write(&format!("{folder}/cpu.cfs_period_us"), "100000");
    }
    machine.only("cores", Verdict::Weak, "quota of 50 % of one");
    machine.write("sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us", "-1");
    assert_eq!(machine.findings()[0], Finding::good("cores", "3, without a quota"));
    machine.remove("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us");
    machine.only("cores", Verdict::Unknown, "no control group tells");
}

#[test]
fn too_few_cores_are_weak_and_so_is_what_they_are_not_isolated_for() {
    let machine = MadeUp::new("few");
    machine.write("proc/self/status", &STATUS.replace("1-3", "0,2"));
    let weak: Vec<_> =
        machine.findings().into_iter().filter(|it| it.verdict == Verdict::Weak).collect();
    let found: Vec<&str> = weak.iter().map(|it| it.found.as_str()).collect();
    let isolated = "cores 1-3 are isolated, of which 1 are used";
    assert_eq!(found, ["2 of 3 that the busy threads need", isolated]);
}

#[test]
fn one_core_that_slows_down_is_enough() {
    let path = "sys/devices/system/cpu/cpu2/cpufreq/scaling_governor";
    changed(path, "powersave", ("governor", Verdict::Weak, "powersave"));
    // A core that this process may not use does not matter.
    let machine = MadeUp::new("other");
    machine.write("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave");
    assert_eq!(machine.findings()[1], Finding::good("governor", "performance"));
    machine.remove(path);
    machine.only("governor", Verdict::Unknown, "does not tell");
}

#[test]
fn cores_that_nobody_set_aside_are_said() {
    let isolated = "sys/devices/system/cpu/isolated";
    changed(isolated, "\n", ("isolation", Verdict::Weak, "no core is set aside"));
    changed(isolated, "1-x", ("isolation", Verdict::Unknown, "does not tell"));
}

#[test]
#[cfg(feature = "huge-pages")]
fn large_pages_that_are_off_are_weak() {
    let path = "sys/kernel/mm/transparent_hugepage/enabled";
    changed(path, "always madvise [never]", ("large pages", Verdict::Weak, "never"));
    changed(path, "nonsense", ("large pages", Verdict::Unknown, "does not tell"));
}

#[test]
fn limits_are_those_that_count() {
    let limits = "proc/self/limits";
    let locked = "Max locked memory         8388608              unlimited            bytes";
    let few = LIMITS.replace("524288", "12415");
    changed(limits, &few, ("open files", Verdict::Weak, "12415 of 12416"));
    let little = [LIMITS.lines().nth(1).unwrap(), locked].join("\n");
    changed(limits, &little, ("memlock", Verdict::Weak, "8192 KiB of 256 MiB"));
    let machine = MadeUp::new("privileged");
    machine.write(limits, &little);
    machine.write("proc/self/status", &STATUS.replace("0000\n", "4000\n"));
    assert_eq!(machine.findings()[4], Finding::good("memlock", "no limit, by a privilege"));
}

#[test]
fn clocks_are_fast_slow_or_unknown() {
    let path = "sys/devices/system/clocksource/clocksource0/current_clocksource";
    changed(path, "hpet", ("clock source", Verdict::Weak, "hpet"));
    changed(path, "sundial", ("clock source", Verdict::Unknown, "sundial"));
}

#[test]
fn stolen_time_is_weak_and_none_on_a_virtual_machine_is_unknown() {
    changed("proc/stat", "cpu  97 0 0 900 0 0 0 3 0 0", ("steal", Verdict::Weak, "0.3 %"));
    changed("proc/stat", "cpu  0 0 0 0 0 0 0 0", ("steal", Verdict::Unknown, "does not tell"));
    changed("proc/stat", "cpu  1 2 3", ("steal", Verdict::Unknown, "the system does not"));
    let machine = MadeUp::new("virtual");
    machine.write("proc/cpuinfo", "flags\t: fpu hypervisor\n");
    assert_eq!(machine.findings()[7], Finding::good("steal", "0.1 % of the time since boot"));
    machine.write("proc/stat", "cpu  500 0 400 99 0 0 0 0 0 0");
    machine.only("steal", Verdict::Unknown, "none is told");
}
