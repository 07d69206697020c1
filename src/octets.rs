//! Octets as letters (Base64 of RFC 4648), as feeds, mail servers and webhooks write them.

use base64::prelude::{BASE64_STANDARD, Engine};

/// The letters.
pub fn to_base64(octets: impl AsRef<[u8]>) -> String {
    BASE64_STANDARD.encode(octets)
}

/// The octets, whatever white space stands between the letters; `None` if they are no Base64.
pub fn from_base64(letters: &str) -> Option<Vec<u8>> {
    BASE64_STANDARD.decode(letters.split_whitespace().collect::<String>()).ok()
}
