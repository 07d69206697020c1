use super::*;

/// A small table with every kind of key.
fn small() -> Vec<u8> {
    let mut keys = ["graph", "#net", "neural", "neural graph", "RAG", "모델"].map(str::as_bytes);
    keys.sort_unstable();
    let vocabulary = Vocabulary::new(keys).expect("sorted");
    let rows: Vec<f32> = (0..6 * 8).map(|i| ((i * 37 % 19) as f32 - 9.0) / 4.0).collect();
    Table::to_bytes("small-1", &vocabulary, &rows, 3.0).expect("a table")
}

/// The same with other bytes at a place, and the checksum put right, so that what lies behind the
/// checksum is tested too.
fn forged(at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut all = small();
    all[at..at + bytes.len()].copy_from_slice(bytes);
    let checksum = crate::files::checksum(&all[16..]).to_le_bytes();
    all[12..16].copy_from_slice(&checksum);
    all
}

fn complaint(bytes: Vec<u8>) -> String {
    match Table::from_bytes(bytes) {
        Ok(_) => panic!("a broken table was loaded"),
        Err(error) => error.to_string(),
    }
}

fn embed(table: &Table, text: &str) -> Embedding {
    table.embed(Role::Document, text, &mut Scratch::default(), &mut Vec::new()).expect("a vector")
}

#[test]
fn a_vector_is_the_weighted_mean_of_its_tokens() {
    let table = Table::from_bytes(small()).expect("whole");
    let number = |key: &str| table.vocabulary().number(key.as_bytes()).expect("known") as usize;
    let parts = [("neural", 2_f32.sqrt()), ("graph", 1.0), ("neural graph", 1.0)];
    let mut sum = vec![0.0; 8];
    for (key, count) in parts {
        sum.iter_mut().zip(table.row(number(key))).for_each(|(s, x)| *s += x * count);
    }
    let expected = Embedding::normalized(sum).expect("a direction");
    assert!(embed(&table, "Neural graph: neural").cosine(&expected) > 0.999_999);
}

#[test]
fn rows_survive_their_four_bits() {
    let table = Table::from_bytes(small()).expect("whole");
    let mut keys: Vec<&[u8]> = (0..6).map(|n| table.vocabulary().key(n)).collect();
    keys.sort_unstable();
    for number in 0..6 {
        let exact = |j: usize| (((number * 8 + j) * 37 % 19) as f32 - 9.0) / 4.0;
        for (j, x) in table.row(number).into_iter().enumerate() {
            assert!((x - exact(j)).abs() < 0.2, "{x} is not {}", exact(j));
        }
    }
}

#[test]
fn unknown_text_has_the_neutral_direction() {
    let table = Table::from_bytes(small()).expect("whole");
    for text in ["", "qq", "2024", "\u{0}"] {
        assert_eq!(embed(&table, text).as_slice(), [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    }
}

#[test]
fn texts_that_share_an_unknown_name_are_nearer() {
    let table = Table::from_bytes(small()).expect("whole");
    let cosine = |a: &str, b: &str| embed(&table, a).cosine(&embed(&table, b));
    assert!(cosine("neural qwxz", "graph qwxz") > cosine("neural qwxz", "graph zxwq") + 0.05);
    assert!(cosine("qwxz", "QWXZ") > 0.999, "however it is written");
}

#[test]
fn every_truncation_and_every_flipped_bit_is_an_error() {
    let whole = small();
    for length in 0..whole.len() {
        assert!(Table::from_bytes(whole[..length].to_vec()).is_err(), "{length} bytes");
    }
    for bit in 0..whole.len() * 8 {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(Table::from_bytes(flipped).is_err(), "bit {bit}");
    }
    let mut longer = whole;
    longer.push(0);
    assert!(Table::from_bytes(longer).is_err());
}

#[test]
fn a_forged_checksum_lets_nothing_wrong_through() {
    let huge = u32::MAX.to_le_bytes();
    assert!(complaint(forged(16, &huge)).contains("out of range"));
    assert!(complaint(forged(16, &[0; 4])).contains("out of range"));
    assert!(complaint(forged(20, &huge)).contains("out of range"));
    assert!(complaint(forged(20, &[0; 4])).contains("out of range"));
    assert!(complaint(forged(24, &huge)).contains("are expected at"));
    assert!(complaint(forged(28, &huge)).contains("are expected at"));
    assert!(complaint(forged(24, &[1, 0, 0, 0])).contains("do not add up"));
    assert!(complaint(forged(36, &[0xff])).contains("UTF-8"));
    assert!(complaint(forged(8, &[9, 0, 0, 0])).contains("version 9"));
    let keys = 36 + "small-1".len() + 6;
    assert!(complaint(forged(keys, b"~")).contains("not sorted"));
    let n_key_bytes = "graph#netneuralneural graphRAG모델".len();
    for wrong in [f32::NAN, f32::INFINITY, -1.0] {
        assert!(complaint(forged(keys + n_key_bytes, &wrong.to_le_bytes())).contains("a step"));
        assert!(complaint(forged(32, &wrong.to_le_bytes())).contains("unknown words"));
    }
}
