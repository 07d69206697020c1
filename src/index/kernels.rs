//! The inner loops, and the only unsafe code of the crate.
//!
//! Every kernel is a plain loop first. The plain loop is compiled a second time for wider
//! registers, or written again where the compiler does not find the instruction, and taken where
//! the processor has them. All forms of a kernel give the same bits: integers are exact, and floats
//! are summed in [`LANES`] fixed lanes without fused multiplication. So the order of neighbours
//! does not depend on the machine.

use std::fs::File;
use std::io;

use memmap2::Mmap;

/// Partial sums of a float dot product: wide enough for one AVX-512 or two AVX2 registers.
const LANES: usize = 16;

/// The dot product of two vectors of one length.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        #[expect(unsafe_code, reason = "the feature was just detected; the body is safe code")]
        return unsafe { x86::dot(a, b) };
    }
    dot_plain(a, b)
}

/// The dot product of two 8-bit codes of one length, each between -127 and 127.
pub fn dot_codes(a: &[i8], b: &[i8]) -> i32 {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        #[expect(unsafe_code, reason = "the feature was just detected; loads stay within both slices")]
        return unsafe { x86::dot_codes(a, b) };
    }
    #[cfg(target_arch = "aarch64")]
    if std::arch::is_aarch64_feature_detected!("dotprod") {
        #[expect(unsafe_code, reason = "the feature was just detected; the body is safe code")]
        return unsafe { arm::dot_codes(a, b) };
    }
    dot_codes_plain(a, b)
}

/// Hands `each` of many short codes ([`super::code::shorten`]) on with the sum of the products of its numbers
/// and the query's, which are between -127 and 127; the query has as many as a code has halves of bytes.
///
/// # Errors
/// The first of `shorts`.
pub fn dot_shorts<'a, T, E>(
    query: &[i8],
    shorts: impl Iterator<Item = Result<(T, &'a [u8]), E>>,
    each: impl FnMut(T, i32),
) -> Result<(), E> {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        #[expect(unsafe_code, reason = "the feature was just detected; loads stay within all slices")]
        return unsafe { x86::dot_shorts(query, shorts, each) };
    }
    dot_shorts_plain(query, shorts, each)
}

/// For each of many bit strings, one after the other, in how many places it differs from `query`.
pub fn hamming_all(query: &[u64], strings: &[u64], distances: &mut [u16]) {
    #[cfg(target_arch = "x86_64")]
    {
        if std::arch::is_x86_feature_detected!("avx512vpopcntdq")
            && std::arch::is_x86_feature_detected!("avx512vl")
        {
            #[expect(unsafe_code, reason = "the features were just detected; the body is safe code")]
            return unsafe { x86::hamming_all_wide(query, strings, distances) };
        }
        if std::arch::is_x86_feature_detected!("popcnt") {
            #[expect(unsafe_code, reason = "the feature was just detected; the body is safe code")]
            return unsafe { x86::hamming_all(query, strings, distances) };
        }
    }
    hamming_all_plain(query, strings, distances);
}

/// Asks the processor to have the beginning of `data` in its cache soon.
#[inline(always)]
pub fn prefetch<T>(data: &[T]) {
    #[cfg(target_arch = "x86_64")]
    #[expect(unsafe_code, reason = "a prefetch has no effect on memory and may name any address")]
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let start = data.as_ptr().cast::<i8>();
        for line in 0..(size_of_val(data) / 64).min(6) {
            _mm_prefetch::<_MM_HINT_T0>(start.wrapping_add(line * 64));
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = data;
}

/// Maps a whole file for reading.
///
/// # Errors
/// Whatever the system says; an empty file cannot be mapped.
#[expect(unsafe_code, reason = "the one unsafe step of a memory map; see the comment inside")]
pub fn map(file: &File) -> io::Result<Mmap> {
    // A map is sound as long as nobody changes the file beneath it. paperpick never writes to a
    // finished index: a new one is written aside and renamed over the old name, which leaves the
    // old bytes to whoever has them mapped. What is read is plain integers and floats, for which
    // every bit pattern is a value, and pages are checked before use (`file::Pages`).
    unsafe { Mmap::map(file) }
}

#[inline(always)]
fn dot_plain(a: &[f32], b: &[f32]) -> f32 {
    debug_assert_eq!(a.len(), b.len());
    let mut lanes = [0.0_f32; LANES];
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    // Halves are folded onto each other, as a register is.
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            lanes[lane] += lanes[lane + width];
        }
        width /= 2;
    }
    lanes[0] + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
}

#[inline(always)]
fn dot_codes_plain(a: &[i8], b: &[i8]) -> i32 {
    debug_assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum()
}

fn dot_shorts_plain<'a, T, E>(
    query: &[i8],
    mut shorts: impl Iterator<Item = Result<(T, &'a [u8]), E>>,
    mut each: impl FnMut(T, i32),
) -> Result<(), E> {
    shorts.try_for_each(|short| short.map(|(of, short)| each(of, dot_short_plain(query, short))))
}

fn dot_short_plain(query: &[i8], short: &[u8]) -> i32 {
    debug_assert_eq!(query.len(), 2 * short.len());
    let blocks = query.as_chunks::<64>().0.iter().zip(short.as_chunks::<32>().0);
    let product = |q: i8, four_bits: u8| i32::from(q) * i32::from(four_bits);
    blocks
        .map(|(query, short)| {
            let (low, high) = query.split_at(32);
            let low: i32 = low.iter().zip(short).map(|(&q, &byte)| product(q, byte & 15)).sum();
            let high: i32 = high.iter().zip(short).map(|(&q, &byte)| product(q, byte >> 4)).sum();
            low + high
        })
        .sum()
}

#[inline(always)]
fn hamming_all_plain(query: &[u64], strings: &[u64], distances: &mut [u16]) {
    // The usual lengths as constants: the compiler then keeps the query in registers.
    match query.len() {
        4 => hamming_words::<4>(query, strings, distances),
        6 => hamming_words::<6>(query, strings, distances),
        8 => hamming_words::<8>(query, strings, distances),
        words => {
            for (string, distance) in strings.chunks_exact(words.max(1)).zip(distances) {
                *distance = query.iter().zip(string).map(|(a, b)| (a ^ b).count_ones() as u16).sum();
            }
        }
    }
}

#[inline(always)]
fn hamming_words<const WORDS: usize>(query: &[u64], strings: &[u64], distances: &mut [u16]) {
    let Some(query) = query.first_chunk::<WORDS>() else { return };
    for (string, distance) in strings.as_chunks::<WORDS>().0.iter().zip(distances) {
        *distance = (0..WORDS).map(|i| (query[i] ^ string[i]).count_ones() as u16).sum();
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        __m256i, _mm_add_epi32, _mm_cvtsi128_si32, _mm_shuffle_epi32, _mm256_abs_epi8, _mm256_add_epi16,
        _mm256_add_epi32, _mm256_and_si256, _mm256_castsi256_si128, _mm256_extracti128_si256,
        _mm256_loadu_si256, _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_set1_epi8, _mm256_set1_epi16,
        _mm256_setzero_si256, _mm256_sign_epi8, _mm256_srli_epi16,
    };

    #[target_feature(enable = "avx2")]
    pub fn dot(a: &[f32], b: &[f32]) -> f32 {
        super::dot_plain(a, b)
    }

    #[target_feature(enable = "popcnt")]
    pub fn hamming_all(query: &[u64], strings: &[u64], distances: &mut [u16]) {
        super::hamming_all_plain(query, strings, distances);
    }

    #[target_feature(enable = "avx512f,avx512vl,avx512vpopcntdq")]
    pub fn hamming_all_wide(query: &[u64], strings: &[u64], distances: &mut [u16]) {
        super::hamming_all_plain(query, strings, distances);
    }

    /// `maddubs` wants one unsigned side: |a| and b with the sign of a. Two products of at most
    /// 127 * 127 fit its 16 bits, which is why a code is never -128. The compiler's own widening
    /// of the plain loop takes twice the instructions.
    #[target_feature(enable = "avx2")]
    pub fn dot_codes(a: &[i8], b: &[i8]) -> i32 {
        let (a, a_rest) = a.as_chunks::<32>();
        let (b, b_rest) = b.as_chunks::<32>();
        let ones = _mm256_set1_epi16(1);
        let mut sums = _mm256_setzero_si256();
        for (a, b) in a.iter().zip(b) {
            let (a, b) = (load(a), load(b));
            let pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(a), _mm256_sign_epi8(b, a));
            sums = _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, ones));
        }
        sum(sums) + super::dot_codes_plain(a_rest, b_rest)
    }

    #[target_feature(enable = "avx2")]
    pub fn dot_shorts<'a, T, E>(
        query: &[i8],
        shorts: impl Iterator<Item = Result<(T, &'a [u8]), E>>,
        mut each: impl FnMut(T, i32),
    ) -> Result<(), E> {
        for short in shorts {
            let (of, short) = short?;
            each(of, dot_short(query, short));
        }
        Ok(())
    }

    /// Four products of at most 15 * 127 fit 16 bits.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn dot_short(query: &[i8], short: &[u8]) -> i32 {
        let (low_bits, ones) = (_mm256_set1_epi8(15), _mm256_set1_epi16(1));
        let mut sums = _mm256_setzero_si256();
        for (query, short) in query.as_chunks::<64>().0.iter().zip(short.as_chunks::<32>().0) {
            let (halves, _) = query.as_chunks::<32>();
            let short = load(short);
            let low = _mm256_and_si256(short, low_bits);
            let high = _mm256_and_si256(_mm256_srli_epi16::<4>(short), low_bits);
            let fours = _mm256_add_epi16(
                _mm256_maddubs_epi16(low, load(&halves[0])),
                _mm256_maddubs_epi16(high, load(&halves[1])),
            );
            sums = _mm256_add_epi32(sums, _mm256_madd_epi16(fours, ones));
        }
        sum(sums)
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn sum(sums: __m256i) -> i32 {
        let half = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256::<1>(sums));
        let quarter = _mm_add_epi32(half, _mm_shuffle_epi32::<0b01_00_11_10>(half));
        _mm_cvtsi128_si32(_mm_add_epi32(quarter, _mm_shuffle_epi32::<0b10_11_00_01>(quarter)))
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn load<T>(chunk: &[T; 32]) -> __m256i {
        const { assert!(size_of::<T>() == 1) }
        #[expect(unsafe_code, reason = "an unaligned load of exactly the 32 bytes of the array")]
        unsafe {
            _mm256_loadu_si256(chunk.as_ptr().cast())
        }
    }
}

#[cfg(target_arch = "aarch64")]
mod arm {
    /// NEON is always there on this architecture and the plain loops use it; only the 8-bit dot
    /// instruction is optional.
    #[target_feature(enable = "dotprod")]
    pub fn dot_codes(a: &[i8], b: &[i8]) -> i32 {
        super::dot_codes_plain(a, b)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Two vectors of one length, so that full and rest chunks of every kernel are met.
    fn pairs<T: std::fmt::Debug + Clone>(
        element: impl Strategy<Value = T> + Clone,
    ) -> impl Strategy<Value = (Vec<T>, Vec<T>)> {
        (0_usize..200).prop_flat_map(move |n| {
            (prop::collection::vec(element.clone(), n), prop::collection::vec(element.clone(), n))
        })
    }

    proptest! {
        #[test]
        fn float_dots_have_the_same_bits_on_every_path((a, b) in pairs(-1.0_f32..1.0)) {
            prop_assert_eq!(dot(&a, &b).to_bits(), dot_plain(&a, &b).to_bits());
            let slow: f64 = a.iter().zip(&b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
            prop_assert!((f64::from(dot(&a, &b)) - slow).abs() < 1e-4);
        }

        #[test]
        fn code_dots_are_exact((a, b) in pairs(-127_i8..=127)) {
            let slow: i64 = a.iter().zip(&b).map(|(&a, &b)| i64::from(a) * i64::from(b)).sum();
            prop_assert_eq!(i64::from(dot_codes(&a, &b)), slow);
        }

        #[test]
        fn dots_with_short_codes_are_exact(
            blocks in prop::collection::vec((prop::array::uniform32(-127_i8..=127),
                prop::array::uniform32(-127_i8..=127), prop::array::uniform32(any::<u8>())), 0..7),
        ) {
            let query: Vec<i8> = blocks.iter().flat_map(|(low, high, _)| [*low, *high].concat()).collect();
            let short: Vec<u8> = blocks.iter().flat_map(|(_, _, short)| *short).collect();
            let slow: i32 = (0..query.len())
                .map(|i| i32::from(query[i]) * i32::from(short[i / 64 * 32 + i % 32] >> (i % 64 / 32 * 4) & 15))
                .sum();
            let shorts = || [Ok((5, &short[..])), Ok((6, &short[..])), Err("damaged"), Ok((7, &short[..]))].into_iter();
            let (mut dots, mut plain) = (Vec::new(), Vec::new());
            prop_assert_eq!(dot_shorts(&query, shorts(), |of, dot| dots.push((of, dot))), Err("damaged"));
            prop_assert_eq!(dot_shorts_plain(&query, shorts(), |of, dot| plain.push((of, dot))), Err("damaged"));
            prop_assert_eq!(&dots, &[(5, slow), (6, slow)]);
            prop_assert_eq!(dots, plain);
        }

        #[test]
        fn hamming_counts_bits(words in 1_usize..10, all in prop::collection::vec(any::<u64>(), 0..80)) {
            let query = vec![0x0123_4567_89ab_cdef; words];
            let n = all.len() / words;
            let mut distances = vec![0; n];
            hamming_all(&query, &all[..n * words], &mut distances);
            for (string, distance) in all.chunks_exact(words).zip(distances) {
                let differs = |i: &usize| (query[i / 64] ^ string[i / 64]) >> (i % 64) & 1 == 1;
                prop_assert_eq!(usize::from(distance), (0..words * 64).filter(differs).count());
            }
        }
    }

    #[test]
    fn code_dots_do_not_saturate_at_the_extremes() {
        for (x, y) in [(127, 127), (-127, 127), (-127, -127)] {
            assert_eq!(dot_codes(&[x; 384], &[y; 384]), 384 * i32::from(x) * i32::from(y));
        }
    }
}
