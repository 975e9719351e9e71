//! Promise: the header is what the sources say, down to the size and place of every field.

use crate::compiler::{Language, compile, compiler, here, said, scratch};
use crate::example;
use highwater_capi::{
    HwBookConfig, HwCommand, HwConfig, HwDefinition, HwError, HwEvent, HwHost, HwIndicative,
    HwLevel, HwListener, HwOrder, HwRecovered,
};
use std::fmt::Write;
use std::fs;
use std::mem::offset_of;
use std::path::Path;

#[test]
fn the_header_is_made_of_the_sources() {
    let made = example::header(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("it can be made");
    let committed = fs::read_to_string(here("include/highwater.h")).expect("it is there");
    let advice = "cargo run -p highwater-capi --example header > capi/include/highwater.h";
    assert!(made == committed, "the header is not what the sources say: {advice}");
}

#[test]
fn the_layout_is_the_same_on_both_sides() {
    let header = fs::read_to_string(here("include/highwater.h")).expect("it is there");
    for language in [Language::C, Language::Cpp] {
        let Some(compiler) = compiler(language) else { return };
        let said = compiled_with(&compiler, language, &header);
        assert_eq!(said, None, "sizes and offsets are those of the library");
    }
}

#[test]
fn control_a_wrong_size_or_place_in_the_header_is_found() {
    let header = fs::read_to_string(here("include/highwater.h")).expect("it is there");
    let Some(compiler) = compiler(Language::C) else { return };
    for (right, wrong) in [
        ("uint32_t price;", "uint64_t price;"),
        ("uint16_t owner;", "uint32_t owner;"),
        ("uint8_t log_id[16];", "uint8_t log_id[8];"),
        ("uint32_t band_low;", "uint32_t band_law;"),
        ("HW_TEXT_BYTES 240", "HW_TEXT_BYTES 239"),
    ] {
        assert!(header.contains(right), "{right} is in the header");
        let said = compiled_with(&compiler, Language::C, &header.replacen(right, wrong, 1));
        assert!(said.is_some(), "'{wrong}' must not compile");
    }
}

/// Compiles the assertions against a header; what the compiler complains about.
fn compiled_with(compiler: &str, language: Language, header: &str) -> Option<String> {
    let name = format!("layout_{language:?}_{:x}", hash_of(header));
    let ending = if language == Language::C { "c" } else { "cpp" };
    let source = scratch().join(format!("{name}.{ending}"));
    // The header stands in the source itself, so that none of another place is found.
    fs::write(&source, format!("{header}\n{}", assertions(language))).expect("it is written");
    let output = compile(compiler, language, &source, &scratch().join(format!("{name}.o")));
    (!output.status.success()).then(|| said(&output))
}

/// Tells headers apart, for names of files.
fn hash_of(text: &str) -> u64 {
    text.bytes().fold(7, |hash: u64, byte| hash.wrapping_mul(31).wrapping_add(u64::from(byte)))
}

/// Size, alignment and offsets of a struct, as Rust has laid it out.
macro_rules! layout {
    ($name:literal, $type:ident: $($field:ident)*) => {
        (
            $name,
            size_of::<$type>(),
            align_of::<$type>(),
            vec![$((
                stringify!($field),
                offset_of!($type, $field),
                size_of_field(|it: &$type| &raw const it.$field),
            )),*],
        )
    };
}

fn size_of_field<T, F>(_: impl Fn(&T) -> *const F) -> usize {
    size_of::<F>()
}

/// One assertion for everything that both sides must agree on.
fn assertions(language: Language) -> String {
    let (asserts, aligned) = match language {
        Language::C => ("_Static_assert", "_Alignof"),
        Language::Cpp => ("static_assert", "alignof"),
    };
    let structs = [
        layout!("hw_command", HwCommand: client_sequence order new_order quantity display minimum
            time_ns instrument account price trigger band_low band_high open_orders_max orders
            instruments sessions session chosen_session note_code kind side order_type time_in_force
            self_trade post_only rule control chosen client_bytes_count client_bytes),
        layout!("hw_definition", HwDefinition: notional_max_low notional_max_high quantity_max lot
            tick band_low band_high symbol decimals),
        layout!("hw_event", HwEvent: sequence client_sequence order other_order quantity remaining
            other_remaining visible last_client_sequence order_count time_ns instrument price
            trigger band_low band_high open_orders_max orders instruments sessions session owner
            other_session kind side reason phase is_halted is_new kept_priority note_code),
        layout!("hw_config", HwConfig: struct_bytes memory memory_bytes seed now_ns segment_bytes
            sync_count sync_delay_ns orders instruments sessions ring_capacity batch_blocks log_id
            sync_mode memory_is_zero logs_trades tells_ends reserved),
        layout!("hw_host", HwHost: struct_bytes context segments segment_bytes read_at sync_all
            begin cut append sync sync_beside wait replayed),
        layout!("hw_recovered_log", HwRecovered: last_sequence log_bytes torn_tail_bytes state_hash
            stopped_cleanly),
        layout!("hw_error", HwError: status system_error text),
        layout!("hw_book_config", HwBookConfig: struct_bytes memory memory_bytes seed orders
            instruments sessions memory_is_zero reserved),
        layout!("hw_listener", HwListener: context event wants_ends reserved),
        layout!("hw_level", HwLevel: visible quantity price order_count),
        layout!("hw_indicative", HwIndicative: volume imbalance price imbalance_side reserved),
        layout!("hw_order", HwOrder: order remaining visible quantity_ahead orders_ahead price
            trigger account session side order_type time_in_force self_trade post_only reserved),
    ];
    let mut text = String::new();
    for (name, size, align, fields) in structs {
        let mut assert = |what: String, is: usize| {
            writeln!(text, "{asserts}({what} == {is}, \"{name}\");").expect("text grows");
        };
        assert(format!("sizeof({name})"), size);
        assert(format!("{aligned}({name})"), align);
        for (field, offset, size) in fields {
            assert(format!("offsetof({name}, {field})"), offset);
            assert(format!("sizeof((({name} *)0)->{field})"), size);
        }
    }
    writeln!(text, "{asserts}(sizeof(hw_status) == 4, \"hw_status\");").expect("text grows");
    text
}
