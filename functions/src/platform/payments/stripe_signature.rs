//! Stripe's signature on a notification: `Stripe-Signature: t=…,v1=…`, HMAC-SHA256 over `{t}.{raw body}`.
//!
//! <https://docs.stripe.com/webhooks/signature>

use data_encoding::HEXLOWER;
use domain::Error;
use domain::clock::Timestamp;
use ring::hmac;

/// How old a signature may be, or how far in the future, in seconds.
const TOLERANCE: i64 = 300;

/// Checks `body` against any of `secrets`, of which there are two while one is rolled.
///
/// # Errors
/// [`Error::Unauthenticated`] with the reason for the log.
pub fn verify(header: &str, body: &[u8], secrets: &[String], now: Timestamp) -> Result<(), Error> {
    let mut time = None;
    let mut signatures = Vec::new();
    for part in header.split(',') {
        match part.trim().split_once('=') {
            Some(("t", value)) => time = Some(value),
            Some(("v1", value)) => signatures.extend(HEXLOWER.decode(value.as_bytes())),
            Some(_) | None => {}
        }
    }
    let text = time.ok_or(Error::Unauthenticated("signature without a time"))?;
    let at: i64 = text.parse().map_err(|_| Error::Unauthenticated("signature without a time"))?;
    let signed = [text.as_bytes(), b".", body].concat();
    let matches = |secret: &String| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        signatures.iter().any(|signature| hmac::verify(&key, &signed, signature).is_ok())
    };
    if !secrets.iter().any(matches) {
        return Err(Error::Unauthenticated("signature of the notification does not hold"));
    }
    match now.as_second().abs_diff(at) <= TOLERANCE.unsigned_abs() {
        true => Ok(()),
        false => Err(Error::Unauthenticated("signature of the notification is stale")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"id":"evt_1","type":"x"}"#;
    const V1: &str = "d31342a3baeb4b7aa51afa83ac24fa06b1c635e621c7ba3e4527b434850d877e";

    fn check(header: &str, body: &[u8], second: i64) -> Result<(), Error> {
        let secrets = ["whsec_other".to_owned(), "whsec_test".to_owned()];
        verify(header, body, &secrets, Timestamp::from_second(second).unwrap())
    }

    #[test]
    fn vector() {
        let (t, header) = (1_492_774_577, format!("t=1492774577,v1={V1}"));
        assert_eq!(check(&header, BODY, t), Ok(()));
        assert_eq!(check(&format!("t=1492774577, v1={}, v1={V1}, v0=00", "00".repeat(32)), BODY, t + 300), Ok(()));
        assert!(check(&header, BODY, t + 301).is_err(), "stale");
        assert!(check(&header, BODY, t - 301).is_err(), "from the future");
        assert!(check(&header, br#"{"id":"evt_2","type":"x"}"#, t).is_err(), "another body");
        assert!(check(&format!("t=1492774578,v1={V1}"), BODY, t).is_err(), "another time");
        assert!(check(&format!("t=1492774577,v0={V1}"), BODY, t).is_err(), "v0 only");
        for header in ["", "t=", "v1=", "t=x,v1=y", &format!("v1={V1}")] {
            assert!(check(header, BODY, t).is_err(), "{header:?}");
        }
    }
}
