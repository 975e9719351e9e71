//! Random flows of every kind of line, over several days, for what is published of them.

use highwater_flows::random::Random;

const HEADER: &str = "command,seq,symbol,order_id,side,qty,price,type,tif,trigger,display,min_qty,\
                      post_only,session,new_order_id,timestamp_ns,decimals,prevention,account,\
                      expiry_ns\n";

const SYMBOLS: [&str; 3] = ["GOLD", "YEN", "FX"];

/// A line of so many columns, those that are given in their places.
fn line(fields: &[(usize, String)]) -> String {
    let mut columns = vec![String::new(); 20];
    for (column, text) in fields {
        columns[*column].clone_from(text);
    }
    columns.join(",").trim_end_matches(',').to_owned() + "\n"
}

/// So many lines; a day ends with each `day` of them.
pub(crate) fn random_flow(seed: u64, lines: u32, day: u32) -> String {
    let mut random = Random::from_seed(seed);
    let mut text = HEADER.to_owned();
    for (seq, (symbol, decimals)) in (1..).zip(SYMBOLS.iter().zip([2, 0, 4])) {
        let fields = [(0, "DEFINE".into()), (1, format!("{seq}")), (2, (*symbol).into())];
        text += &line(&[fields.as_slice(), &[(16, format!("{decimals}"))]].concat());
    }
    for seq in 4..lines {
        text += &random_line(&mut random, seq, day);
    }
    text
}

fn random_line(random: &mut Random, seq: u32, day: u32) -> String {
    let mut of = |count: usize| random.below_usize(count);
    let word = |word: &str| vec![(0, word.to_owned()), (1, seq.to_string())];
    let symbol = SYMBOLS[of(3)].to_owned();
    if seq.is_multiple_of(day) {
        return line(&word("END_OF_DAY"));
    }
    let mut fields = match of(100) {
        0 => word(["HALT", "RESUME", "RESUME", "RESUME"][of(4)]),
        1 => word(["AUCTION", "UNCROSS", "UNCROSS"][of(3)]),
        2 => word(["MATCHING_OFF", "MATCHING_ON", "MATCHING_ON"][of(3)]),
        3 => [word("CLOCK"), vec![(15, (u64::from(seq) * 1_000).to_string())]].concat(),
        4 if of(4) == 0 => [word("MASS_CANCEL"), vec![(18, of(3).to_string())]].concat(),
        4..25 => [word("CANCEL"), named(&mut of, seq)].concat(),
        25..35 => {
            let qty = (5, (1 + of(9)).to_string());
            [word("REDUCE"), named(&mut of, seq), vec![qty]].concat()
        }
        35..50 => {
            let price = (6, (95 + of(10)).to_string());
            let qty = (5, (1 + of(60)).to_string());
            let command = ["REPLACE", "MODIFY"][of(2)];
            let new = vec![price, qty, (14, (index_of(seq) + of(2) * 1_000_000).to_string())];
            [word(command), named(&mut of, seq), new].concat()
        }
        _ => new_order(&mut of, seq),
    };
    if fields[0].1 != "CLOCK" {
        fields.push((2, symbol));
    }
    line(&fields)
}

/// One of the newest orders, by the account that most have.
fn named(of: &mut impl FnMut(usize) -> usize, seq: u32) -> Vec<(usize, String)> {
    let order = (index_of(seq)).saturating_sub(1 + of(60)).max(1);
    vec![(3, order.to_string()), (18, of(3).to_string()), (13, (1 + of(4)).to_string())]
}

fn new_order(of: &mut impl FnMut(usize) -> usize, seq: u32) -> Vec<(usize, String)> {
    let mut fields = vec![(0, "NEW".to_owned()), (1, seq.to_string()), (3, seq.to_string())];
    let mut put = |column: usize, text: String| fields.push((column, text));
    put(4, ["B", "S"][of(2)].into());
    put(5, (10 * (1 + of(9))).to_string());
    put(13, (1 + of(4)).to_string());
    put(18, of(3).to_string());
    put(17, ["", "CANCEL_OLDEST", "CANCEL_NEWEST", "CANCEL_BOTH"][of(4)].into());
    match of(12) {
        0 => put(7, "MARKET".into()),
        1 => {
            put(7, "STOP".into());
            put(9, (95 + of(10)).to_string());
        }
        kind => {
            put(6, (95 + of(10)).to_string());
            match kind {
                2 => put(8, "IOC".into()),
                3 => put(8, "FOK".into()),
                4 => put(8, "DAY".into()),
                5 => {
                    put(8, "GTD".into());
                    put(19, format!("{}000", index_of(seq) + 1 + of(300)));
                }
                6 | 7 => put(10, (1 + of(9)).to_string()),
                8 => put(12, "1".into()),
                9 => put(11, "10".into()),
                10 => {
                    put(7, "STOP_LIMIT".into());
                    put(9, (95 + of(10)).to_string());
                }
                _ => {}
            }
        }
    }
    fields
}

fn index_of(seq: u32) -> usize {
    usize::try_from(seq).unwrap()
}
