//! Binding receipts: a compact JWS, valid for ever, byte-stable.
//!
//! A receipt's text is about 1.4 KB, mostly base64 of what the binding says anyway; stored whole it would cost a third
//! write unit. So what is stored is what can't be told from the binding: the two signatures, the certified key and the
//! issuer (some 270 bytes, with a version in front). The text is rebuilt from them, and a test pins its bytes. A change
//! of form is a new version beside the old one, never a change of the old.

use data_encoding::BASE64URL_NOPAD;
use domain::Error;
use domain::clock::Timestamp;
use domain::device::Binding;
use domain::omni::{ActorOmni, Generation, UserOmni};
use serde::Serialize;

use super::issuing::{self, Header};
use super::jose::{self, Signature};
use super::keys::{Jwk, Point};

/// The form of receipts written today.
const VERSION: u8 = 1;

/// The certificate of an issuing key, without what can be told from elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seal {
    /// K1's thumbprint.
    pub(super) k1: [u8; 32],
    /// The certified key.
    pub(super) point: Point,
    /// Start of the certificate's life, Unix seconds.
    pub(super) issued: i64,
    /// End of the certificate's life, Unix seconds.
    pub(super) expires: i64,
    /// K1's signature.
    pub(super) signature: Signature,
}

impl Seal {
    /// Takes apart a certificate that K1 has just signed.
    pub(super) fn of_certificate(jws: &str, point: &Point, issued: i64, expires: i64) -> Result<Self, Error> {
        let (k1, signature) = (issuing::kid_of(jws)?, issuing::signature_of(jws)?);
        Ok(Self { k1, point: *point, issued, expires, signature })
    }
}

/// A binding's receipt as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    seal: Seal,
    issuer: String,
    signature: Signature,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: ActorOmni,
    vendor_id: String,
    device_id: &'a str,
    user_omni: UserOmni,
    binding_id: String,
    generation: Generation,
    iat: i64,
}

impl Receipt {
    pub(super) fn unsigned(seal: Seal, issuer: &str) -> Self {
        Self { seal, issuer: issuer.to_owned(), signature: [0; 64] }
    }

    pub(super) fn with_signature(self, signature: Signature) -> Self {
        Self { signature, ..self }
    }

    pub(super) fn signing_input(&self, binding: &Binding) -> Result<String, Error> {
        let kid = BASE64URL_NOPAD.encode(&Jwk::bare(&self.seal.point).thumbprint());
        let k1_cert = issuing::certificate_jws(&self.seal, &self.issuer)?;
        let header = Header { alg: "ES256", typ: "agentkeys-binding+jwt", kid: &kid, k1_cert: &k1_cert };
        let claims = Claims {
            iss: &self.issuer,
            sub: binding.actor_omni,
            vendor_id: binding.vendor_id.to_string(),
            device_id: binding.device_id.as_str(),
            user_omni: binding.user_omni,
            binding_id: binding.binding_id.to_string(),
            generation: binding.generation,
            iat: binding.registered_at.as_second(),
        };
        jose::signing_input(&header, &claims)
    }

    /// The compact JWS, for the binding that it was signed for.
    ///
    /// # Errors
    /// [`Error::Internal`] only if JSON could not be written.
    pub fn to_jws(&self, binding: &Binding) -> Result<String, Error> {
        Ok(jose::compact(&self.signing_input(binding)?, &self.signature))
    }

    /// Whether a binding made at `at` lies within the certificate's life.
    pub fn covers(&self, at: Timestamp) -> bool {
        (self.seal.issued..self.seal.expires).contains(&at.as_second())
    }

    /// The stored bytes.
    pub fn pack(&self) -> Vec<u8> {
        let Seal { k1, point, issued, expires, signature } = &self.seal;
        let times = [issued.to_be_bytes(), expires.to_be_bytes()].concat();
        [&[VERSION][..], k1, &point[1..], &times, signature, &self.signature, self.issuer.as_bytes()].concat()
    }

    /// A receipt from its stored bytes.
    ///
    /// # Errors
    /// [`Error::Internal`] for bytes that [`Receipt::pack`] did not write.
    pub fn unpack(bytes: &[u8]) -> Result<Self, Error> {
        fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
            let (head, tail) = bytes.split_first_chunk::<N>()?;
            *bytes = tail;
            Some(*head)
        }
        let parse = |mut rest: &[u8]| {
            let [VERSION] = take::<1>(&mut rest)? else { return None };
            let k1 = take(&mut rest)?;
            let mut point = [4; 65];
            point[1..].copy_from_slice(&take::<64>(&mut rest)?);
            let (issued, expires) = (i64::from_be_bytes(take(&mut rest)?), i64::from_be_bytes(take(&mut rest)?));
            let seal = Seal { k1, point, issued, expires, signature: take(&mut rest)? };
            let signature = take(&mut rest)?;
            Some(Self { seal, issuer: String::from_utf8(rest.to_vec()).ok()?, signature })
        };
        parse(bytes).ok_or_else(|| Error::Internal("a stored receipt is broken".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::device::Metadata;
    use domain::omni::actor_omni;

    fn example() -> (Receipt, Binding) {
        let mut point = [7; 65];
        point[0] = 4;
        let seal = Seal { k1: [1; 32], point, issued: 1_795_305_600, expires: 1_795_309_200, signature: [2; 64] };
        let receipt = Receipt::unsigned(seal, "https://portal.example").with_signature([3; 64]);
        let (vendor, device) = ("ven_01JZ8Q6V3M4N5P6R7S8T9V0W1X".parse().unwrap(), "FT-0001".parse().unwrap());
        let user = "11".repeat(32).parse().unwrap();
        let binding = Binding {
            binding_id: "bnd_01JZ8Q6V3M4N5P6R7S8T9V0W1X".parse().unwrap(),
            vendor_id: vendor,
            actor_omni: actor_omni(vendor, &device, user, 0),
            device_id: device,
            user_omni: user,
            generation: 0,
            registered_at: "2026-11-22T00:00:00Z".parse().unwrap(),
            model: None,
            metadata: Metadata::default(),
            limits: domain::cap_policy::CapLimits::all_of(&[]),
        };
        (receipt, binding)
    }

    /// What was signed once must be rebuilt to the byte for ever: these digits never change.
    #[test]
    fn the_bytes_of_version_1() {
        use sha2::{Digest, Sha256};
        let (receipt, binding) = example();
        let jws = receipt.to_jws(&binding).unwrap();
        let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(jws.as_bytes()));
        assert_eq!(
            (jws.len(), digest.as_str()),
            (1372, "9bd809937f8f24f17afbbaded02cbe1cd1fd5c05e4d6bb18f432a2a0e92f6472")
        );
    }

    #[test]
    fn packed_and_unpacked() {
        let (receipt, _) = example();
        let packed = receipt.pack();
        assert_eq!(packed.len(), 1 + 32 + 64 + 16 + 64 + 64 + "https://portal.example".len());
        assert_eq!(Receipt::unpack(&packed).unwrap(), receipt);
        assert!(Receipt::unpack(&packed[..200]).is_err());
        assert!(Receipt::unpack(&[2; 300]).is_err());
        assert!(Receipt::unpack(&[]).is_err());
    }
}
