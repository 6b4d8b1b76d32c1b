//! Cursors of lists: opaque, and good only for the list and the vendor that they were made for.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

/// How many bytes of the digest a cursor begins with.
const SEAL: usize = 8;

/// The longest cursor that is read, in characters.
pub const LONGEST: usize = 400;

/// No secret is in it: whoever forges a cursor gets another page of what is the caller's own. The digest is for honest
/// mistakes, a cursor used with other filters or by another vendor, which would otherwise give a page that nobody asked for.
fn seal(list: &str, position: &str) -> [u8; SEAL] {
    let mut digest = Sha256::new();
    for part in [list, position] {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    let mut seal = [0; SEAL];
    seal.copy_from_slice(&digest.finalize()[..SEAL]);
    seal
}

/// The cursor that goes on after `position` of `list`, which names vendor, path and filters.
pub fn encode(list: &str, position: &str) -> String {
    BASE64URL_NOPAD.encode(&[&seal(list, position)[..], position.as_bytes()].concat())
}

/// The position in a cursor of `list`.
///
/// # Errors
/// A sentence for the caller when it is no cursor of this list.
pub fn decode(list: &str, cursor: &str) -> Result<String, String> {
    let read = || {
        let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes()).ok().filter(|_| cursor.len() <= LONGEST)?;
        let (sealed, position) = bytes.split_at_checked(SEAL)?;
        let position = std::str::from_utf8(position).ok()?;
        (seal(list, position) == sealed).then(|| position.to_owned())
    };
    read().ok_or_else(|| "expected the next_cursor of the page before, with the same filters".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_good_for_its_own_list_only() {
        let cursor = encode("ven_1 devices q=FT", "FT-0001#0x11");
        assert_eq!(decode("ven_1 devices q=FT", &cursor).as_deref(), Ok("FT-0001#0x11"));
        let tampered = format!("{}A", &cursor[..cursor.len() - 1]);
        for (list, cursor) in [
            ("ven_2 devices q=FT", cursor.as_str()),
            ("ven_1 devices q=", &cursor),
            ("ven_1 devices q=FT", &tampered),
            ("ven_1 devices q=FT", ""),
            ("ven_1 devices q=FT", "AAAA"),
            ("ven_1 devices q=FT", "no base64!"),
        ] {
            assert!(decode(list, cursor).is_err(), "{list} {cursor}");
        }
    }
}
