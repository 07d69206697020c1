//! Passwords, by argon2id.

use argon2::{Argon2, PasswordHasher, PasswordVerifier};

use crate::error::{Error, Result};

/// The fewest letters of a password.
const SHORTEST: usize = 10;
/// The longest password that is looked at: hashing costs by length.
const LONGEST: usize = 1_000;

/// What is kept of a password: argon2id with its costs (19 MiB, 2 passes) and a salt of its own.
///
/// # Errors
/// [`Error::Invalid`] for a password with fewer than 10 letters, or more than 1,000 bytes.
pub fn hashed(password: &str) -> Result<String> {
    if password.chars().count() < SHORTEST || password.len() > LONGEST {
        return Err(Error::Invalid(format!(
            "a password has at least {SHORTEST} letters, and up to {LONGEST} bytes"
        )));
    }
    let hash = Argon2::default().hash_password(password.as_bytes());
    Ok(hash.map_err(|e| Error::Invalid(format!("the password could not be hashed: {e}")))?.to_string())
}

/// Whether a password is the one that was hashed. Without a hash (nobody has this name, or
/// the account came from an export and has no password yet) it takes as long, and is wrong: the time does not tell
/// which names there are.
pub fn is_right(password: &str, hash: Option<&str>) -> bool {
    if password.len() > LONGEST {
        return false;
    }
    match hash.filter(|hash| !hash.is_empty()) {
        Some(hash) => Argon2::default().verify_password(password.as_bytes(), hash).is_ok(),
        None => {
            let _ = Argon2::default().hash_password(password.as_bytes());
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_opens() {
        let hash = hashed("correct horse").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash, hashed("correct horse").unwrap(), "each has a salt of its own");
        assert!(is_right("correct horse", Some(&hash)));
        assert!(!is_right("correct horsf", Some(&hash)));
        assert!(!is_right("correct horse", None));
        assert!(!is_right("", Some("")), "an account without a password lets nobody in");
        assert!(hashed("short").is_err());
    }

    /// Of ten and ten times from one distribution, all of one half are the longer ones in 1 of 90,000 runs.
    #[test]
    fn the_time_of_a_refusal_does_not_tell_whether_there_is_such_a_name() {
        let hash = hashed("correct horse").unwrap();
        let kinds = [Some(hash.as_str()), None, Some("")];
        let mut times = [const { Vec::new() }; 3];
        for _ in 0..10 {
            for (kind, times) in kinds.iter().zip(&mut times) {
                let begun = std::time::Instant::now();
                assert!(!is_right("battery staple", *kind));
                times.push(begun.elapsed());
            }
        }
        let apart = |a: &[_], b: &[_]| a.iter().max() < b.iter().min() || b.iter().max() < a.iter().min();
        let [known, unknown, without] = &times;
        assert!(!apart(known, unknown) && !apart(known, without), "{times:?}");
    }
}
