//! Words, phrases and pieces of a table, and the numbers they have in it.

use super::words::{Found, words};
use crate::paper::is_cjk;

/// A piece of a word is kept apart from the word that is spelled the same.
pub const PIECE: char = '#';
/// Unknown words longer than this are hashes and formulas; their tail is left unread.
const LONGEST_WORD: usize = 40;
/// A piece in the middle of a word has at least so many letters…
pub const SHORTEST_PIECE: usize = 3;
/// …and no more than this.
pub const LONGEST_PIECE: usize = 8;
/// How many letters are the beginning of a longer word in a script that has no pieces.
const STEM: usize = 5;
/// A known word counts as the beginning of an unknown one from this length.
const SHORTEST_PREFIX: usize = 4;
/// Set in the number of a word that is no key; the other bits are its hash.
pub const UNKNOWN: u32 = 1 << 31;
/// Korean pieces in syllables.
pub const KOREAN_PIECE: std::ops::RangeInclusive<usize> = 2..=4;

/// The keys of a table, sorted, with their numbers. Keys are lower-case words, acronyms in
/// capitals where they differ from the word, two words with a space, [`PIECE`]s, and runs of
/// Korean syllables.
#[derive(Debug, Clone)]
pub struct Vocabulary {
    keys: Box<[u8]>,
    /// Where each key starts; one more than there are keys.
    starts: Box<[u32]>,
    /// Open addressing with linear probing: number + 1, or 0 for none. A power of two.
    slots: Box<[u32]>,
    /// For each key, whether some phrase begins with it: most pairs of words need no look-up.
    begins_phrase: Box<[bool]>,
}

/// Reused between texts, so that a text needs no allocation.
#[derive(Debug, Default)]
pub struct Scratch {
    buffer: String,
    previous: String,
}

impl Vocabulary {
    /// Takes keys in strictly ascending order of bytes; `None` if they are not, or are empty.
    pub fn new<'a>(sorted: impl IntoIterator<Item = &'a [u8]>) -> Option<Self> {
        let (mut keys, mut starts) = (Vec::new(), vec![0_u32]);
        let mut previous: &[u8] = b"";
        for key in sorted {
            if key <= previous {
                return None;
            }
            keys.extend_from_slice(key);
            starts.push(u32::try_from(keys.len()).ok()?);
            previous = key;
        }
        let n = starts.len() - 1;
        let mut all = Self {
            keys: keys.into(),
            starts: starts.into(),
            slots: vec![0; (n * 2).next_power_of_two().max(2)].into(),
            begins_phrase: vec![false; n].into(),
        };
        for number in 0..n {
            let slot = all.slot(all.key(number));
            all.slots[slot] = number as u32 + 1;
        }
        for number in 0..n {
            let key = all.key(number);
            if let Some(space) = key.iter().position(|&b| b == b' ')
                && let Some(first) = all.number(&key[..space])
            {
                all.begins_phrase[first as usize] = true;
            }
        }
        Some(all)
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes of a key.
    pub fn key(&self, number: usize) -> &[u8] {
        &self.keys[self.starts[number] as usize..self.starts[number + 1] as usize]
    }

    /// A key's number.
    pub fn number(&self, key: &[u8]) -> Option<u32> {
        self.slots[self.slot(key)].checked_sub(1)
    }

    /// The slot that holds the key, or the free one where it belongs.
    fn slot(&self, key: &[u8]) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = hash(key) as usize & mask;
        loop {
            match self.slots[slot] {
                0 => return slot,
                found if self.key(found as usize - 1) == key => return slot,
                _ => slot = (slot + 1) & mask,
            }
        }
    }

    /// Appends the numbers of a text's tokens to `out`, in order: each word, or the pieces of an
    /// unknown one and its hash with [`UNKNOWN`]; after a word the phrase that it ends; for Korean
    /// every known run of two to four syllables, since particles cling to words and compounds have
    /// no spaces.
    pub fn tokens(&self, text: &str, scratch: &mut Scratch, out: &mut Vec<u32>) {
        // The word before, if a phrase may begin with it.
        let Scratch { buffer, previous } = scratch;
        previous.clear();
        words(text, |found| match found {
            Found::Break => previous.clear(),
            Found::Korean(run) => {
                previous.clear();
                self.korean(run, out);
            }
            Found::Word { lower, capitals } => {
                let known = capitals
                    .and_then(|c| self.number(c.as_bytes()))
                    .or_else(|| self.number(lower.as_bytes()));
                match known {
                    Some(number) => out.push(number),
                    None => {
                        self.pieces(lower, buffer, out);
                        unknown(lower, |run| out.push(UNKNOWN | hash(run.as_bytes()) as u32));
                    }
                }
                if !previous.is_empty() {
                    previous.push(' ');
                    previous.push_str(lower);
                    out.extend(self.number(previous.as_bytes()));
                }
                previous.clear();
                if known.is_some_and(|number| self.begins_phrase[number as usize]) || capitals.is_some() {
                    previous.push_str(lower);
                }
            }
        });
    }

    fn korean(&self, run: &str, out: &mut Vec<u32>) {
        let mut ends = [0_usize; 64];
        let mut n = 0;
        for (start, c) in run.char_indices().take(ends.len() - 1) {
            ends[n] = start;
            n += 1;
            ends[n] = start + c.len_utf8();
        }
        if n == 1 {
            out.extend(self.number(run.as_bytes()));
        }
        for start in 0..n {
            for length in KOREAN_PIECE {
                if start + length <= n {
                    out.extend(self.number(&run.as_bytes()[ends[start]..ends[start + length]]));
                }
            }
        }
    }

    /// Cuts an unknown word from the left: the longest known word it begins with, then the
    /// longest piece at each place; a letter that begins no piece is passed over.
    fn pieces(&self, word: &str, buffer: &mut String, out: &mut Vec<u32>) {
        if !word.is_ascii() {
            return;
        }
        let word = &word[..word.len().min(LONGEST_WORD)];
        let mut at = 0;
        for end in (SHORTEST_PREFIX..word.len()).rev() {
            if let Some(number) = self.number(&word.as_bytes()[..end]) {
                out.push(number);
                at = end;
                break;
            }
        }
        while at + SHORTEST_PIECE <= word.len() {
            let longest = LONGEST_PIECE.min(word.len() - at);
            let found = (SHORTEST_PIECE..=longest).rev().find_map(|length| {
                buffer.clear();
                buffer.push(PIECE);
                buffer.push_str(&word[at..at + length]);
                self.number(buffer.as_bytes()).map(|number| (number, length))
            });
            match found {
                Some((number, length)) => {
                    out.push(number);
                    at += length;
                }
                None => at += 1,
            }
        }
    }
}

/// The runs of letters that stand for a word that is no key: of Chinese and Japanese, which part no words,
/// each two signs; else the word, and of a longer one with letters beyond ASCII also its beginning, since its
/// end is inflected.
fn unknown(word: &str, mut emit: impl FnMut(&str)) {
    if word.contains(is_cjk) {
        let starts: Vec<usize> = word.char_indices().map(|(at, _)| at).chain([word.len()]).collect();
        starts.windows(3).for_each(|pair| emit(&word[pair[0]..pair[2]]));
        return;
    }
    if word.len() >= SHORTEST_PIECE {
        emit(word);
    }
    if !word.is_ascii()
        && let Some((end, _)) = word.char_indices().nth(STEM)
    {
        emit(&word[..end]);
    }
}

/// A multiplicative hash over words of eight bytes; keys come from a file that is checked, so
/// nobody gains by colliding them.
fn hash(key: &[u8]) -> u64 {
    const K: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut state = key.len() as u64;
    for chunk in key.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        state = (state.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(K);
    }
    state ^ (state >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary(keys: &[&str]) -> Vocabulary {
        let mut keys = keys.to_vec();
        keys.sort_unstable();
        Vocabulary::new(keys.iter().map(|k| k.as_bytes())).expect("sorted")
    }

    fn read(vocabulary: &Vocabulary, text: &str) -> Vec<String> {
        let mut out = Vec::new();
        vocabulary.tokens(text, &mut Scratch::default(), &mut out);
        let name = |&n: &u32| match n & UNKNOWN {
            0 => String::from_utf8_lossy(vocabulary.key(n as usize)).into_owned(),
            _ => "?".to_owned(),
        };
        out.iter().map(name).collect()
    }

    #[test]
    fn words_phrases_acronyms_pieces_and_syllables() {
        let v = vocabulary(&[
            "low",
            "rank",
            "low rank",
            "rag",
            "RAG",
            "conv",
            "#llava",
            "#ava",
            "트랜",
            "트랜스포머",
            "모델",
            "을",
            "llm",
        ]);
        assert_eq!(read(&v, "Low-rank RAG, rag LLMs"), ["low", "rank", "low rank", "RAG", "rag", "llm"]);
        assert_eq!(read(&v, "low. rank"), ["low", "rank"], "no phrase over a full stop");
        assert_eq!(read(&v, "ConvLLaVA"), ["conv", "#llava", "?"]);
        assert_eq!(read(&v, "트랜스포머모델을 을"), ["트랜", "모델", "을"]);
        assert_eq!(read(&v, "unknown 미지 x"), ["?"]);
    }

    #[test]
    fn texts_in_other_scripts_share_the_hashes_of_what_they_share() {
        let hashes = |text: &str| {
            let mut out = Vec::new();
            vocabulary(&["graph"]).tokens(text, &mut Scratch::default(), &mut out);
            out
        };
        let shared = |a: &str, b: &str| hashes(a).iter().filter(|h| hashes(b).contains(h)).count();
        assert_eq!(shared("图像分割模型", "分割图像"), 2, "two pairs of signs");
        assert_eq!(shared("画像認識のための", "顔画像"), 1);
        assert_eq!(shared("нейронные сети", "нейронных сетей"), 1, "the beginning of a word");
        assert_eq!(shared("图", "图"), 0, "one sign alone says too little");
    }

    #[test]
    fn keys_out_of_order_or_twice_are_refused() {
        assert!(Vocabulary::new([b"b".as_slice(), b"a"]).is_none());
        assert!(Vocabulary::new([b"a".as_slice(), b"a"]).is_none());
        assert!(Vocabulary::new([b"".as_slice()]).is_none());
        assert!(Vocabulary::new([]).is_some_and(|v| v.is_empty() && v.number(b"a").is_none()));
    }
}
