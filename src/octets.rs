//! Octets as letters: Base64 (RFC 4648), as feeds, mail servers and webhooks write them, and the percent encoding of
//! addresses (RFC 3986).

use base64::prelude::{BASE64_STANDARD, Engine};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// The letters.
pub fn to_base64(octets: impl AsRef<[u8]>) -> String {
    BASE64_STANDARD.encode(octets)
}

/// The octets, whatever white space stands between the letters; `None` if they are no Base64.
pub fn from_base64(letters: &str) -> Option<Vec<u8>> {
    BASE64_STANDARD.decode(letters.split_whitespace().collect::<String>()).ok()
}

/// A text that means nothing but itself anywhere in an address.
pub fn to_percent(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// What a part of an address says.
pub fn from_percent(part: &str) -> Vec<u8> {
    percent_decode_str(part).collect()
}
