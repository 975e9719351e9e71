//! What a program on Linux needs where there is no standard library: a start, an end, and five
//! functions on bytes, which the compiler calls and a C library would bring.

use core::arch::{asm, naked_asm};
use core::panic::PanicInfo;

/// Exit code of a panic, as the standard library has it.
const PANICKED: i32 = 101;

/// Where the kernel starts the program.
///
/// # Safety
/// Only the kernel comes here, with the stack pointer at the program's arguments.
#[cfg(target_arch = "x86_64")]
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn _start() -> ! {
    // A called function finds a stack that was aligned to 16 bytes before the call.
    naked_asm!("xor ebp, ebp", "and rsp, -16", "call {main}", "ud2", main = sym crate::main)
}

/// Where the kernel starts the program.
///
/// # Safety
/// Only the kernel comes here, with the stack pointer at the program's arguments.
#[cfg(target_arch = "aarch64")]
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn _start() -> ! {
    naked_asm!("mov x29, #0", "bl {main}", "brk #1", main = sym crate::main)
}

/// Ends the program with the system call `exit_group`.
pub(crate) fn exit(code: i32) -> ! {
    // SAFETY: the call takes one number, touches no memory and does not come back.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        asm!("syscall", in("rax") 231, in("rdi") code, options(noreturn, nostack));
    }
    // SAFETY: the call takes one number, touches no memory and does not come back.
    #[cfg(target_arch = "aarch64")]
    unsafe {
        asm!("svc #0", in("x8") 94, in("x0") code, options(noreturn, nostack));
    }
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    exit(PANICKED)
}

/// The compiled `core` names it for unwinding, which does not happen here.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

/// Copies `count` bytes.
///
/// # Safety
/// Both places hold as many bytes and do not overlap.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
    for index in 0..count {
        // SAFETY: the index is below the count that the caller guarantees.
        unsafe { copy_byte(to, from, index) };
    }
    to
}

/// Copies `count` bytes.
///
/// # Safety
/// Both places hold as many bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
    if to.addr() < from.addr() {
        // SAFETY: as the caller says; each byte is read before anything at or behind it is written.
        return unsafe { memcpy(to, from, count) };
    }
    for index in (0..count).rev() {
        // SAFETY: the index is below the count that the caller guarantees.
        unsafe { copy_byte(to, from, index) };
    }
    to
}

/// Sets `count` bytes to the lowest eight bits of `value`.
///
/// # Safety
/// There are as many bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn memset(to: *mut u8, value: i32, count: usize) -> *mut u8 {
    let [byte, ..] = value.to_le_bytes();
    for index in 0..count {
        let place = to.wrapping_add(index);
        // SAFETY: the index is below the count that the caller guarantees.
        unsafe { place.write(byte) };
    }
    to
}

/// Compares `count` bytes: negative, zero or positive as `a` is less, equal or greater.
///
/// # Safety
/// Both places hold as many bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, count: usize) -> i32 {
    for index in 0..count {
        let (a, b) = (a.wrapping_add(index), b.wrapping_add(index));
        // SAFETY: the index is below the count that the caller guarantees.
        let a = unsafe { a.read() };
        // SAFETY: as above.
        let b = unsafe { b.read() };
        if a != b {
            return i32::from(a) - i32::from(b);
        }
    }
    0
}

/// Compares `count` bytes: zero when they are equal.
///
/// # Safety
/// Both places hold as many bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn bcmp(a: *const u8, b: *const u8, count: usize) -> i32 {
    // SAFETY: as the caller says.
    unsafe { memcmp(a, b, count) }
}

/// Copies byte `index`.
///
/// # Safety
/// Both places hold more bytes than `index`.
unsafe fn copy_byte(to: *mut u8, from: *const u8, index: usize) {
    let (to, from) = (to.wrapping_add(index), from.wrapping_add(index));
    // SAFETY: the byte is there, as the caller says.
    let byte = unsafe { from.read() };
    // SAFETY: as above.
    unsafe { to.write(byte) };
}
